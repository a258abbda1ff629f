import { AwsError, CancelledError, InputError, OpsError } from '@hospital-ops/action-kit/errors';
import { afterEach, describe, expect, test } from '@jest/globals';
import { createTimes } from '../../actions/ecs-deploy/src/report/times.ts';
import { failedOutputs } from '../../actions/ecs-deploy/src/run.ts';
import { exits } from '../../packages/rehearsal/src/aws/scripted-engine.ts';
import type { ReleaseWorld } from './release-world.ts';
import { createReleaseWorld } from './release-world.ts';

const LONG = Array.from({ length: 20 }, (_, i) => `${i} ${'why '.repeat(300)}`);
const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;

let world: ReleaseWorld | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

describe('a run that ended before it had a result', () => {
  test.each([
    ['an input error changed nothing', new InputError(['x']), 'failed', '[]'],
    [
      'a call that failed at some point',
      new AwsError({ what: 'x', operation: 'x', code: 'x', cause: 1 }),
      'failed',
      '',
    ],
    ['an error of ours without a cause', new OpsError({ what: 'x' }), 'failed', ''],
    ['a cancellation whose clean-up did not end in time', new CancelledError(), 'cancelled', ''],
    [
      'an error that nobody expected may have come at any point',
      new OpsError({ what: 'x', cause: new Error('x') }),
      'unknown',
      '',
    ],
  ])('%s', (_, error, outcome, services) => {
    expect(failedOutputs(error)).toMatchObject({ outcome, services });
  });

  test('while it only read has failed, and nothing else', async () => {
    world = await createReleaseWorld();
    world.aws.faults.add({ operation: 'DescribeServices', kind: 'access-denied' });
    const error = await world.deploy({ service: 'api', image: 'v2' }).catch((thrown) => thrown);
    expect(failedOutputs(error)).toMatchObject({ outcome: 'failed', services: '[]' });
  });
});

describe('the time of a service', () => {
  test('is told by phase', async () => {
    world = await createReleaseWorld({}, ['api', 'db'], { timings: { provisioningMs: 20_000 } });
    const ran = await world.deploy({
      services: JSON.stringify([
        { service: 'api', image: 'v2', after: ['db'] },
        { service: 'db', image: 'v2' },
      ]),
    });
    const [api, db] = ran.reports.map(({ phases }) => phases);
    expect(db?.rollout).toBeGreaterThanOrEqual(20);
    expect(api?.wait).toBeGreaterThanOrEqual(20);
    expect(api?.rollout).toBeLessThan((api?.wait ?? 0) + 10);
    expect(ran.summary.render()).toMatch(/\| Service \| wait \| rollout \|/);
  });

  test('adds up: a phase that is begun again goes on, and nothing runs beside it', () => {
    let now = 0;
    const times = createTimes({ now: () => now }, 3_000);
    for (const [phase, ms] of [
      ['wait', 1_000],
      ['rollout', 10_000],
      ['rollout', 5_000],
      ['bake', 2_000],
    ] as const) {
      times.begin(phase);
      now += ms;
    }
    times.end();
    now += 60_000;
    expect(times.seconds()).toEqual({ verify: 3, wait: 1, rollout: 15, bake: 2 });
  });
});

describe('the summary', () => {
  test('has images by digest, the way of each service, what failed and why, and the difference', async () => {
    world = await createReleaseWorld({ [`app@${DIGEST}`]: { ...exits(1, 100), lines: ['DB_URL is not set'] } });
    const { summary, outputs, reports } = await world.deploy({ service: 'api', image: `app@${DIGEST}` });
    expect(outputs.outcome).toBe('rolled-back');
    expect(reports[0]?.new.images).toEqual({ api: `app@${DIGEST}` });
    const text = summary.render().replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)));
    expect(text).toMatch(/exited 1/);
    expect(text).toMatch(/DB_URL is not set/);
    expect(text).toContain('app@sha256:0123456789ab…');
    expect(text).toMatch(/image: "v1" → "app@sha256/);
  });

  test('and the outputs of many services that fail with long logs stay within what GitHub and the next step take', async () => {
    const names = Array.from({ length: 40 }, (_, i) => `hospital-production-service-${i}`);
    world = await createReleaseWorld({ crash: { ...exits(1, 100), lines: LONG } }, names, { throttling: false });
    const { summary, outputs } = await world.deploy({
      'max-parallel': '40',
      'on-failure': 'leave',
      services: JSON.stringify(names.map((service) => ({ service, image: 'crash' }))),
    });
    expect(outputs.outcome).toBe('failed');
    expect(Buffer.byteLength(summary.render())).toBeLessThan(1_024 * 1_024);
    for (const value of Object.values(outputs)) expect(Buffer.byteLength(value)).toBeLessThan(128 * 1_024);
    expect(summary.render()).toMatch(/What changed in hospital&#45;production&#45;service&#45;39/);
  });
});
