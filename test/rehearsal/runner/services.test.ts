import { findPostgres, findRedis } from '@hospital-ops/rehearsal/runner/services/programs';
import { describe, expect, test } from '@jest/globals';
import { testWith } from '../../support/engines.ts';
import { job, run } from './sandbox.ts';

const database = (service: string) =>
  job(
    `- run: |
    node -e "
      import('pg').then(async ({ default: pg }) => {
        const client = new pg.Client({ connectionString: process.env.DATABASE_URL });
        await client.connect();
        const { rows: [row] } = await client.query('select current_user as who, current_database() as where');
        console.log('it is', row.who, 'in', row.where);
        await client.end();
      })
    "
  env: { DATABASE_URL: "postgres://ward:secret@localhost:\${{ job.services.db.ports['5432'] }}/beds", NODE_PATH: x }`,
    { head: `services:\n  db:\n${service}` },
  );

describe('service containers as processes of this machine', () => {
  testWith('PostgreSQL', findPostgres())(
    'a PostgreSQL with the user, password and database of its environment',
    async () => {
      const result = await run(
        database(`    image: postgres:17-alpine
    env: { POSTGRES_USER: ward, POSTGRES_PASSWORD: secret, POSTGRES_DB: beds }
    ports: [5432]
    options: >-
      --health-cmd "pg_isready -U ward" --health-interval 1s
`).replace("import('pg')", `import('${import.meta.resolve('pg')}')`),
      );
      expect(result.log('one')).toContain('it is ward in beds');
      expect(result.log('one')).toMatch(/PostgreSQL of this machine \(.*\) in the place of postgres:17-alpine/);
      expect(result.job('one').steps.map(({ name }) => name)).toEqual([
        'Initialize containers',
        expect.stringContaining('Run node'),
        'Stop containers',
      ]);
      expect(result.conclusion).toBe('success');
      expect(result.leftovers).toEqual([]);
    },
  );

  testWith('Redis', findRedis())('a Redis, and none where the image is empty', async () => {
    const result = await run(
      job(
        `- run: |
    exec 3<>/dev/tcp/127.0.0.1/\${{ job.services.cache.ports['6379'] }}
    printf 'PING\\r\\n' >&3; head -n 1 <&3
    echo "other [\${{ job.services.other.id }}]"`,
        {
          head: "services:\n  cache: { image: 'redis:8', ports: [6379] }\n  other: { image: \"${{ github.event.none || '' }}\" }",
        },
      ),
    );
    expect(result.log('one')).toContain('+PONG');
    expect(result.log('one')).toContain('other []');
    expect(result.conclusion).toBe('success');
  });

  testWith('PostgreSQL', findPostgres())('what it cannot do is named, fails the job, and no step runs', async () => {
    const result = await run(
      job('- run: echo never', {
        head: 'services:\n  db:\n    image: postgres\n    env: { POSTGRES_PASSWORD: a, PGDATA: /x }\n    volumes: [a:/b]',
      }),
    );
    expect(result.conclusion).toBe('failure');
    expect(result.step('one', 'Initialize containers').annotations[0]?.message).toBe(
      'The service "db" asks for PGDATA, the volume a:/b, which PostgreSQL as a process of this machine has not; `--engine docker` runs it as a container.',
    );
    expect(result.log('one')).not.toContain('never');
  });

  test.each([
    [
      'image: mysql:8',
      'the service "db" is not supported by the rehearsal; there are postgres and redis, not mysql:8;',
    ],
    ['image: ghcr.io/acme/postgres:1', 'not ghcr.io/acme/postgres:1'],
    [
      'image: redis\n    credentials: { username: a, password: b }',
      '`credentials` of the service "db" is not supported',
    ],
  ])('%j is refused before anything runs', async (service, message) => {
    await expect(run(job('- run: a', { head: `services:\n  db:\n    ${service}` }))).rejects.toThrow(message);
  });
});
