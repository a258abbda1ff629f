import { describe, expect, test } from '@jest/globals';
import { exits } from '../../packages/rehearsal/src/aws/scripted-engine.ts';
import { createJob, runBundle, startBundle } from '../support/bundle.ts';
import { startBundleAws } from '../support/bundle-aws.ts';
import { expectContract } from '../support/hostile.ts';

/** The runner's next signal comes 7.5 s after the first. */
const GRACE_MS = 7_500;

const SCRIPTS = { crash: exits(1, 60) };

interface Row {
  readonly title: string;
  /** The call at which the signal comes: while it is under way, or when it hangs. */
  readonly at: string;
  readonly nth?: number;
  readonly hangs?: boolean;
  readonly image?: string;
  readonly signal?: NodeJS.Signals;
  /** Whether an update was sent; absent where the signal and the answer come together. */
  readonly changed?: boolean;
}

const ROWS: readonly Row[] = [
  { title: 'while it plans', at: 'DescribeTaskDefinition', changed: false },
  { title: 'while it registers', at: 'RegisterTaskDefinition' },
  { title: 'while it updates', at: 'UpdateService', changed: true },
  { title: 'while it watches', at: 'DescribeServices', nth: 4, changed: true },
  { title: 'by SIGTERM while it watches', at: 'DescribeServices', nth: 4, signal: 'SIGTERM', changed: true },
  { title: 'while a look hangs', at: 'DescribeServices', nth: 3, hangs: true, changed: true },
  { title: 'while it goes back', at: 'StopServiceDeployment', image: 'crash', changed: true },
];

describe('a run that is interrupted', () => {
  test.concurrent.each(ROWS)('$title ends in time and says what is so', async (row) => {
    const { at, nth = 1, hangs = false, image = 'v2', signal = 'SIGINT', changed } = row;
    const job = createJob();
    const world = await startBundleAws(SCRIPTS, ['api'], { timings: { pendingMs: image === 'crash' ? 20 : 3_000 } });
    try {
      const given = { cluster: 'c', service: 'api', image, timeout: '60s', 'max-failed-tasks': '2', verify: 'false' };
      let struck: () => void = () => undefined;
      const reached = new Promise<void>((done) => {
        struck = done;
      });
      world.mangle(at, (answer, count) => {
        if (count === nth) struck();
        return hangs && count >= nth ? 'hang' : answer;
      });
      const running = startBundle('ecs-deploy', job, { inputs: given, env: world.env });
      await Promise.race([reached, running.ended]);
      const start = Date.now();
      running.kill(signal);
      const ran = await running.ended;
      expect(Date.now() - start).toBeLessThan(GRACE_MS);
      expectContract(ran);
      expect(ran.code).toBe(1);
      expect(hangs ? ['cancelled', 'unknown'] : ['cancelled']).toContain(ran.outputs.outcome);
      const sent = world.aws.calls('UpdateService') + world.aws.calls('StopServiceDeployment');
      if (changed !== undefined) expect(sent > 0).toBe(changed);
      await world.until('the old revision serves', async () => {
        const [service] = world.aws.ecs.snapshot().services;
        return service?.taskDefinition === 'api:1' && service.rolloutState === 'COMPLETED';
      });
    } finally {
      await world.close();
      job.remove();
    }
  });
});

test.concurrent('two bundles that deploy one service at once: one is superseded and says by what', async () => {
  const jobs = [createJob(), createJob()] as const;
  const world = await startBundleAws(SCRIPTS, ['api'], { timings: { pendingMs: 1_500 } });
  try {
    const given = { cluster: 'c', service: 'api', timeout: '60s', verify: 'false' };
    const first = startBundle('ecs-deploy', jobs[0], { inputs: { ...given, image: 'v2' }, env: world.env });
    await world.until('the first has begun', async () => (await world.image()) === 'v2');
    const second = await runBundle('ecs-deploy', jobs[1], { inputs: { ...given, image: 'v3' }, env: world.env });
    const ended = await first.ended;
    expect([ended.outputs.outcome, second.outputs.outcome]).toEqual(['superseded', 'deployed']);
    expect(ended.outputs.reason).toMatch(/api:3/);
    expect(await world.image()).toBe('v3');
  } finally {
    await world.close();
    for (const job of jobs) job.remove();
  }
});
