import { createMemoryLog } from '@hospital-ops/action-kit/log';
import { nearestProof } from '@hospital-ops/deployments/look-up';
import { statusOf } from '@hospital-ops/deployments/outcome';
import type { DeploymentRecord } from '@hospital-ops/deployments/record';
import type { RecordReader } from '@hospital-ops/deployments/store';
import { describe, expect, test } from '@jest/globals';
import { runFindDeployment } from '../../actions/find-deployment/src/run.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const IMAGE = { image: `registry/x@${DIGEST}`, digest: DIGEST };

/** A deployment that ended so; the newest is written first. */
const ended = (version: string, outcome: string, services: Readonly<Record<string, object>> = { api: IMAGE }) => ({
  version,
  outcome,
  services,
});

const goBack = async (version: string, past: ReadonlyArray<ReturnType<typeof ended>>) => {
  const records = past.map(({ version, outcome, services }, index) => ({
    schema: 1,
    id: `20260101T000000${100 - index}Z-1-1-test`,
    environment: 'production',
    kind: 'release',
    version,
    sha: 'b'.repeat(40),
    outcome,
    status: outcome === '' ? 'in-progress' : statusOf(outcome),
    started: '2026-01-01T00:00:00.000Z',
    deployed: Object.keys(services),
    services,
  })) as unknown as DeploymentRecord[];
  const reader: RecordReader = {
    current: async () => undefined,
    find: async () => undefined,
    list: async (limit, before) => records.filter(({ id }) => before === undefined || id < before).slice(0, limit),
  };
  const log = createMemoryLog();
  const { outputs } = await runFindDeployment(
    {
      environment: 'production',
      known: new Set(['api', 'web']),
      sha: 'c'.repeat(40),
      version,
      table: undefined,
      token: 't',
    },
    { records: reader, branches: { relation: async () => undefined }, log },
  );
  return { outputs, warnings: log.lines.filter((line) => line.startsWith('warning: ')) };
};

describe('previous', () => {
  const before = [ended('1.1.0', 'deployed'), ended('1.0.0', 'deployed')];

  test.each(['cancelled', 'failure', 'failed', 'timeout', 'rollback-failed', 'superseded', 'paused', 'unknown', ''])(
    'is refused after a deployment that ended as "%s": it may be what runs, and two versions back is not meant',
    async (outcome) => {
      await expect(goBack('previous', [ended('1.2.0', outcome), ...before])).rejects.toThrow(/1\.2\.0.*1\.1\.0/);
    },
  );

  test.each(['rolled-back', 'skipped'])('passes over one that left things as they were: "%s"', async (outcome) => {
    const { outputs } = await goBack('previous', [ended('1.2.0', outcome), ...before]);
    expect(outputs.version).toBe('1.0.0');
  });

  test('is found behind many of the same version', async () => {
    const same = Array.from({ length: 30 }, () => ended('1.1.0', 'unchanged'));
    expect((await goBack('previous', [...same, ...before])).outputs.version).toBe('1.0.0');
  });

  test('does not matter to a version that is named', async () => {
    expect((await goBack('1.1.0', [ended('1.2.0', 'cancelled'), ...before])).outputs.version).toBe('1.1.0');
  });
});

describe('a version that is named', () => {
  const past = ['1.2.0', '1.1.0', '1.1.0', '1.0.0'].map((version) => ended(version, 'deployed'));

  test('may be named by its tag', async () => {
    expect((await goBack('v1.0.0', past)).outputs.version).toBe('1.0.0');
  });

  test('and never succeeded is refused with those that did', async () => {
    await expect(goBack('0.9.0', [ended('1.3.0', 'failed'), ...past])).rejects.toThrow(
      'none of the last deployments that succeeded was of version 0.9.0; they were of 1.2.0, 1.1.0, 1.0.0.',
    );
    await expect(goBack('0.9.0', [])).rejects.toThrow('was of version 0.9.0.');
  });
});

describe('a record that cannot be gone back to', () => {
  test.each<[string, Readonly<Record<string, object>>]>([
    ['names its images by tag', { api: { image: 'registry/x:1.0.0' } }],
    ['names none', { api: {}, web: {} }],
    ['holds no service at all', {}],
    ['holds services alone that are no more', { old: IMAGE }],
  ])('is refused when it %s: green would say that it was gone back', async (_, services) => {
    await expect(goBack('1.0.0', [ended('1.0.0', 'deployed', services)])).rejects.toThrow(/no image by digest/);
  });

  test('in parts is told of, and the rest goes back', async () => {
    const { outputs, warnings } = await goBack('1.0.0', [
      ended('1.0.0', 'deployed', { api: IMAGE, web: {}, old: IMAGE }),
    ]);
    expect(outputs).toMatchObject({ services: '["api"]', images: JSON.stringify({ api: IMAGE.image }) });
    expect(warnings).toEqual([expect.stringMatching(/^warning: web, old do not go back/)]);
  });
});

test('a deployment that left changed services out is no proof of the older commit that the whole stays at', async () => {
  const whole = 'b'.repeat(40);
  const record = (id: string, sha: string, version: string) =>
    ({
      schema: 1,
      id,
      kind: 'release',
      version,
      sha: whole,
      status: 'success',
      outcome: 'deployed',
      deployed: ['api'],
      services: { api: { ...IMAGE, outcome: 'deployed', sha } },
    }) as unknown as DeploymentRecord;
  const reader: RecordReader = {
    current: async () => undefined,
    find: async () => undefined,
    list: async () => [record('2', 'd'.repeat(40), 'later'), record('1', whole, 'proved')],
  };
  expect((await nearestProof(reader, whole, async () => undefined))?.version).toBe('proved');
});
