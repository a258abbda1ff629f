import { exits } from '../../packages/rehearsal/src/aws/scripted-engine.ts';
import { QUICK, REALISTIC } from '../../packages/rehearsal/src/aws/timings.ts';
import { createReleaseWorld } from '../ecs-deploy/release-world.ts';

export interface CrashLoop {
  readonly what: string;
  /** Polls from the moment at which its third task had failed to the call that takes it back. */
  readonly polls: number;
  readonly ms: number;
  readonly outcome: string;
  readonly explained: boolean;
}

const BACK = new Set(['StopServiceDeployment', 'UpdateService']);

const BETWEEN_POLLS_MS = 500;

const one = async (what: string, timings: typeof QUICK, exitAfterMs: number): Promise<CrashLoop> => {
  const script = { ...exits(1, exitAfterMs), lines: ['DB_URL is not set'] };
  const world = await createReleaseWorld({ crash: script }, ['api'], { timings });
  try {
    const failed = new Map<string, number>();
    world.aws.onEvent((event) => {
      if (event.kind !== 'task' || event.task.stopCode !== 'EssentialContainerExited') return;
      if (!failed.has(event.task.arn)) failed.set(event.task.arn, event.at);
    });
    const { outputs, reports } = await world.deploy({ service: 'api', image: 'crash' });
    const third = [...failed.values()][2] ?? Number.NaN;
    const requests = world.aws.requests();
    const back = requests.find(({ operation, at }) => BACK.has(operation) && at >= third)?.at ?? Number.NaN;
    const looks = requests.filter(({ operation, at }) => operation === 'DescribeServices' && at >= third && at <= back);
    // A poll and the looks that its verdict asks for at once, to tell why and to go back, belong together.
    const polls = looks.filter(({ at }, i) => at - (looks[i - 1]?.at ?? 0) >= BETWEEN_POLLS_MS);
    return {
      what,
      polls: polls.length,
      ms: back - third,
      outcome: outputs.outcome ?? '',
      explained: /exited 1/.test(outputs.reason ?? '') && (reports[0]?.log.join().includes('DB_URL') ?? false),
    };
  } finally {
    await world.close();
  }
};

/** Revisions that crash at once, after a moment and after a minute, on virtual clocks. */
export const crashLoops = async (): Promise<CrashLoop[]> => [
  await one('crashes at once, tasks start in a moment', QUICK, 50),
  await one('crashes after 3 s, tasks start in a moment', { ...QUICK, steadyMs: 20_000 }, 3_000),
  await one('crashes at once, tasks start in 35 s', REALISTIC, 50),
  await one('crashes after 20 s, tasks start in 35 s', REALISTIC, 20_000),
  await one('crashes after 90 s, tasks start in 35 s', { ...REALISTIC, steadyMs: 300_000 }, 90_000),
];
