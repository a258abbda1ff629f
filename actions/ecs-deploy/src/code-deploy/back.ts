import { CLEAN_UP_MS } from '@hospital-ops/action-kit/cancellation';
import { CancelledError, TimeoutError, tell } from '@hospital-ops/action-kit/errors';
import { poll } from '@hospital-ops/action-kit/poll';
import type { Service, TaskDefinition } from '@hospital-ops/aws/ecs/ports';
import { shortName } from '@hospital-ops/aws/ecs/task-definition';
import { awsErrorKind, isTransient } from '@hospital-ops/aws/errors';
import type { Return, Returned } from '../back/go-back.ts';
import type { ServicePlan } from '../plan/plan.ts';
import type { OwnRollout, Release, ReleaseEnd } from '../rollout/roll-out.ts';
import type { CodeDeployBack } from './decide.ts';
import { decideCodeDeployBack } from './decide.ts';
import { createCodeDeployLook } from './look.ts';
import type { CodeDeployPlan } from './plan.ts';
import { startCodeDeploy } from './roll-out.ts';

/** Moves all of the traffic at once: people are not sent step by step to a revision that is known to serve. */
const AT_ONCE = 'CodeDeployDefault.ECSAllAtOnce';
const MAY_STOP: ReadonlySet<string> = new Set(['Created', 'Queued', 'InProgress', 'Baking', 'Ready']);
/** Of the clean-up time of a cancelled run, what is kept for writing outputs and summary. */
const WRITE_MS = 1_500;
const STOP_PAUSE_MS = 1_000;
/** CodeDeploy says "Pending" first: so long a stop whose answer was lost may take to show. Who is cancelled has no such time. */
const STOP_SHOWS_MS = 10_000;

interface Back {
  readonly release: Release;
  readonly plan: ServicePlan;
  readonly codeDeploy: CodeDeployPlan;
  readonly definition: TaskDefinition;
  readonly until: number;
  readonly cancelled: boolean;
  last: Service | undefined;
}

/** Waits until a deployment has taken the service back, or says that none does. */
const waitBack = (
  back: Back,
  id: string,
  deployed: boolean,
): Promise<Exclude<CodeDeployBack, { kind: 'continue' }>> => {
  const { release, plan, definition, cancelled } = back;
  const { name, service } = plan.target;
  const look = createCodeDeployLook(release, { name, service, wanted: plan.old.arn, before: back.last });
  const aim = { ours: definition.arn, previous: plan.old.arn };
  let endedLooks = 0;
  return poll({
    what: `service "${service}" to go back to ${shortName(plan.old.arn)}`,
    observe: async () => {
      const seen = await look(id);
      back.last = seen.service ?? back.last;
      endedLooks = seen.deployment !== undefined && !MAY_STOP.has(seen.deployment.status) ? endedLooks + 1 : 0;
      return { ...seen, failedTasks: 0, gate: undefined, gateLeftMs: 0 };
    },
    decide: (observation) => {
      const verdict = decideCodeDeployBack(observation, aim, deployed, endedLooks);
      return verdict.kind === 'continue' ? { done: false } : { done: true, value: verdict };
    },
    interval: cancelled ? () => 500 : release.observer.interval,
    timeoutMs: Math.max(0, back.until - release.clock.now()),
    isTransient,
    clock: release.clock,
    signal: cancelled ? new AbortController().signal : release.signal,
  });
};

const toReturn = (result: Exclude<CodeDeployBack, { kind: 'continue' }>): Return => {
  switch (result.kind) {
    case 'lost':
      return { kind: 'unknown', reason: result.reason };
    case 'stranded':
      return { kind: 'failed', reason: result.reason };
    default:
      return result;
  }
};

/**
 * Has CodeDeploy stop a deployment and go back, unless it has ended. After an error a look, as late as can be, tells whether
 * it was stopped all the same; while it was not, and another try may succeed, it is sent again. Returns true when it has
 * succeeded.
 */
const stop = async ({ release, plan, until, cancelled }: Back, id: string): Promise<boolean> => {
  const { codeDeploy, clock, log } = release;
  /** The status that it ended with; undefined while it may be stopped, and when it could not be seen. */
  const end = async () => {
    const seen = await codeDeploy.deployment(id).catch(() => undefined);
    return seen === undefined || MAY_STOP.has(seen.status) ? undefined : seen.status;
  };
  for (;;) {
    const ended = await end();
    if (ended !== undefined) return ended === 'Succeeded';
    try {
      log.info(`${plan.target.name}: rolling back to ${shortName(plan.old.arn)} (codedeploy:StopDeployment)`);
      await codeDeploy.rollBackDeployment(id);
      return false;
    } catch (error) {
      if (!isTransient(error) || clock.now() >= until) {
        const after = await end();
        if (after === undefined) throw error;
        return after === 'Succeeded';
      }
      const mayShow = clock.now() + (awsErrorKind(error) === 'transient' && !cancelled ? STOP_SHOWS_MS : STOP_PAUSE_MS);
      do await clock.sleep(STOP_PAUSE_MS);
      while (clock.now() < Math.min(mayShow, until) && (await end()) === undefined);
    }
  }
};

/** True when the service or its deployment cannot be seen, so that nothing may be said of them. */
const isBlind = async (back: Back, id: string): Promise<boolean> => {
  const { release, plan } = back;
  try {
    const [service] = await Promise.all([
      release.observer.service(plan.target.service),
      release.codeDeploy.deployment(id),
    ]);
    back.last = service ?? back.last;
    return service === undefined;
  } catch {
    return true;
  }
};

const goBack = async (back: Back, id: string): Promise<Return> => {
  const { release, plan, codeDeploy } = back;
  const { log } = release;
  const { name } = plan.target;
  if (!(await stop(back, id))) {
    const result = await waitBack(back, id, false);
    if (result.kind !== 'stranded') return toReturn(result);
    log.warning(`${name}: ${result.reason}`);
  }
  log.info(`${name}: rolling back to ${shortName(plan.old.arn)} by a deployment of it`);
  const next = await startCodeDeploy(release, plan, codeDeploy, { definition: plan.old.arn, config: AT_ONCE });
  return toReturn(await waitBack(back, next, true));
};

/** Returns how a deployment by CodeDeploy is taken back; `id` is undefined when it is not known whether there is one. */
export const codeDeployOwn = (
  release: Release,
  plan: ServicePlan,
  codeDeploy: CodeDeployPlan,
  definition: TaskDefinition,
  id: string | undefined,
): OwnRollout => ({
  suspect: { service: plan.target.service, definition },
  note: () => '',
  undo: async (end: ReleaseEnd, turn: Promise<unknown>): Promise<Returned> => {
    if (id === undefined) {
      const reason = 'it is not known whether CodeDeploy deploys it, so nothing was taken back';
      return { result: { kind: 'unknown', reason }, last: undefined };
    }
    const cancelled = end.cancelledAt();
    if (cancelled === undefined) await turn;
    release.times(plan.target.service).begin('roll-back');
    const { clock, inputs } = release;
    const until = cancelled === undefined ? clock.now() + inputs.timeoutMs : cancelled + CLEAN_UP_MS - WRITE_MS;
    const back: Back = {
      release,
      plan,
      codeDeploy,
      definition,
      until,
      cancelled: cancelled !== undefined,
      last: undefined,
    };
    try {
      return { result: await goBack(back, id), last: back.last };
    } catch (error) {
      const reason = tell(error);
      if (error instanceof CancelledError) return { result: { kind: 'cancelled', reason }, last: back.last };
      if (error instanceof TimeoutError) return { result: { kind: 'late', reason }, last: back.last };
      const blind = await isBlind(back, id);
      return { result: { kind: blind ? 'unknown' : 'failed', reason }, last: blind ? undefined : back.last };
    }
  },
});
