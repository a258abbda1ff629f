import { startProcess } from '@hospital-ops/rehearsal/engine/container-process';
import type { TaskEngine } from '@hospital-ops/rehearsal/engine/task-engine';
import { expect, test } from '@jest/globals';
import { cancelBundle, createJob, runBundle } from '../support/bundle.ts';
import type { BundleAws } from '../support/bundle-aws.ts';
import { startBundleAws } from '../support/bundle-aws.ts';
import type { Postgres } from '../support/postgres.ts';
import { describeWithPostgres, thePostgres } from '../support/postgres.ts';
import { ROOT } from '../support/rehearse.ts';

const postgres = await thePostgres();

/** Containers are Node processes that run the script which their command is. */
const nodeEngine = (): TaskEngine => ({
  start: async ({ containers }, events) => {
    const [{ name, command = [], environment }] = containers as [(typeof containers)[0]];
    const child = await startProcess({
      command: process.execPath,
      args: ['--input-type=module', '--eval', ...command],
      cwd: ROOT,
      env: environment,
      stopTimeoutMs: 5_000,
      line: (text) => events.line(name, text),
      exit: (exitCode) => events.exit({ container: name, exitCode }),
    });
    return { address: () => undefined, stop: child.stop };
  },
  close: async () => undefined,
});

/** A migration as people write it: one transaction, a word before each statement. */
const migration = (...statements: readonly string[]): string => `
import pg from 'pg';
const client = new pg.Client({ connectionString: process.env.DATABASE_URL, application_name: 'migration' });
await client.connect();
try {
  for (const sql of ${JSON.stringify(['begin', ...statements, 'commit'])}) {
    console.log(sql);
    if (sql === 'wait') await new Promise((resolve) => setTimeout(resolve, 60_000));
    else await client.query(sql);
  }
} catch (error) {
  console.error('error: ' + error.message);
  process.exitCode = 1;
}
await client.end();
`;

describeWithPostgres(postgres, 'migrations against a real PostgreSQL', (server: Postgres) => {
  const onStage = async (
    play: (world: BundleAws, step: (script: string, timeout?: string) => object) => Promise<void>,
  ) => {
    const world = await startBundleAws({}, [], { engine: nodeEngine() });
    const inputs = {
      cluster: 'c',
      'task-definition': 'migrate',
      'environment-variables': `DATABASE_URL=${server.url}`,
    };
    await server.query('create table if not exists patients (id int)');
    try {
      await play(world, (script, timeout = '60s') => ({
        inputs: { ...inputs, timeout, command: JSON.stringify([script]) },
        env: world.env,
      }));
    } finally {
      await world.close();
    }
  };
  const columns = async () => {
    const rows = await server.query("select column_name from information_schema.columns where table_name = 'patients'");
    return rows.map(({ column_name: name }) => name);
  };
  const sessions = () =>
    server.query("select state, wait_event_type from pg_stat_activity where application_name = 'migration'");
  const untilNone = async (world: BundleAws) =>
    world.until('no session is left', async () => (await sessions()).length === 0);
  const tasksEnded = ({ aws }: BundleAws) => aws.ecs.snapshot().tasks.every(({ status }) => status === 'STOPPED');

  /** The running application, in the middle of something. */
  const withLock = async (work: (unlock: () => Promise<void>) => Promise<void>): Promise<void> => {
    const application = await server.connect();
    await application.query('begin; select * from patients');
    try {
      await work(async () => void (await application.query('rollback')));
    } finally {
      await application.end();
    }
  };

  test('a migration that waits for a lock is stopped at its timeout; its session waits on, and takes nothing with it', () =>
    onStage(async (world, step) => {
      const job = createJob();
      await withLock(async (unlock) => {
        const ran = await runBundle('run-migrations', job, step(migration('alter table patients add born date'), '3s'));
        expect(ran.outputs).toMatchObject({
          outcome: 'timeout',
          reason: expect.stringMatching(/the task was stopped/),
        });
        expect(ran.log).toContain('migrate | alter table patients add born date');
        expect(ran.log).toMatch(/pg_stat_activity/);
        expect(tasksEnded(world)).toBe(true);
        // PostgreSQL does not look whether its client is still there while it waits: what the README says of locks.
        expect(await sessions()).toEqual([{ state: 'active', wait_event_type: 'Lock' }]);
        await unlock();
      });
      await untilNone(world);
      expect(await columns()).toEqual(['id']);
      job.remove();
    }));

  test('with a lock_timeout it fails at once, says so, and leaves no session', () =>
    onStage(async (world, step) => {
      const job = createJob();
      await withLock(async () => {
        const script = migration("set lock_timeout = '200ms'", 'alter table patients add born date');
        const ran = await runBundle('run-migrations', job, step(script));
        expect(ran.outputs).toMatchObject({ outcome: 'failed', 'exit-code': '1' });
        expect(ran.log).toContain('Log: "error: canceling statement due to lock timeout"');
        await untilNone(world);
      });
      expect(await columns()).toEqual(['id']);
      job.remove();
    }));

  test('one that is cancelled in the middle of its transaction leaves nothing of it', () =>
    onStage(async (world, step) => {
      const job = createJob();
      const script = migration('create table wards (id int)', 'wait');
      const ran = await cancelBundle('run-migrations', job, step(script), /migrate \| wait/);
      expect(ran.outputs).toMatchObject({
        outcome: 'cancelled',
        reason: expect.stringMatching(/the task was stopped/),
      });
      expect(tasksEnded(world)).toBe(true);
      await untilNone(world);
      expect(await server.query("select to_regclass('wards') as found")).toEqual([{ found: null }]);
      job.remove();
    }));

  test('one that is let through is committed, and the next waits for it where that was asked for', () =>
    onStage(async (world, step) => {
      const job = createJob();
      const slow = migration('alter table patients add ward int', 'select pg_sleep(1)');
      const next = migration('alter table patients add bed int');
      const [first, second] = await Promise.all([
        runBundle('run-migrations', job, step(slow)),
        world
          .until('the first one runs', async () => (await sessions()).length > 0)
          .then(() => {
            const { inputs, env } = step(next) as { inputs: Record<string, string>; env: Record<string, string> };
            return runBundle('run-migrations', job, { inputs: { ...inputs, 'on-running': 'wait' }, env });
          }),
      ]);
      expect([first.outputs.outcome, second.outputs.outcome]).toEqual(['succeeded', 'succeeded']);
      expect(second.log).toMatch(/waiting for another migration/);
      expect(await columns()).toEqual(['id', 'ward', 'bed']);
      job.remove();
    }));
});
