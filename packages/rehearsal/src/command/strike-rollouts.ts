import { setTimeout as sleep } from 'node:timers/promises';
import type { ResolvedEnvironment, ResolvedService } from '@hospital-ops/pipeline/model';
import type { LocalAws } from '../aws/local-aws.ts';
import type { RolloutFault } from './faults.ts';

export interface RolloutStrikes {
  /** Faults that have found nothing to strike. */
  unplayed(): readonly RolloutFault[];
  stop(): Promise<void>;
}

const WATCH_MS = 50;

const tasksAt = (aws: LocalAws, { url }: ResolvedService): readonly string[] =>
  url === undefined ? [] : aws.elb.behind(new URL(url).host, '/');

/** Resolves to true once a task takes traffic that did not before; to false when it is told to stop. */
const newcomer = async (aws: LocalAws, service: ResolvedService, signal: AbortSignal): Promise<boolean> => {
  const before = new Set(tasksAt(aws, service));
  while (!signal.aborted) {
    if (tasksAt(aws, service).some((task) => !before.has(task))) return true;
    await sleep(WATCH_MS, undefined, { signal }).catch(() => {});
  }
  return false;
};

/** Gives the service a hook as its operators would have; ecs-deploy leaves hooks that it is not asked about. */
const pause = async (aws: LocalAws, cluster: string, service: ResolvedService): Promise<void> => {
  await aws.call('ecs', 'UpdateService', {
    cluster,
    service: service.service,
    deploymentConfiguration: {
      strategy: 'BLUE_GREEN',
      bakeTimeInMinutes: 0,
      lifecycleHooks: [{ targetType: 'PAUSE', lifecycleStages: ['POST_TEST_TRAFFIC_SHIFT'] }],
    },
  });
};

/** Sets the faults of rollouts; what waits for its moment goes on until `stop`. */
export const strikeRollouts = async (
  aws: LocalAws,
  environments: readonly ResolvedEnvironment[],
  faults: readonly RolloutFault[],
): Promise<RolloutStrikes> => {
  const stopping = new AbortController();
  const played = new Set<RolloutFault>();
  const watching: Promise<void>[] = [];
  const paused: Array<{ readonly fault: RolloutFault; readonly service: string; readonly since: number }> = [];
  const fire = async (fault: RolloutFault, service: ResolvedService): Promise<void> => {
    if (!(await newcomer(aws, service, stopping.signal))) return;
    for (const alarm of service.strategy?.gateAlarms ?? [])
      aws.alarms.hold(alarm, 'ALARM', 'Made to fire by the rehearsal');
    played.add(fault);
  };
  for (const fault of faults) {
    for (const { cluster, services } of environments) {
      const service = services.get(fault.target);
      if (service === undefined) continue;
      if (fault.name === 'alarm-fires') watching.push(fire(fault, service));
      else {
        await pause(aws, cluster, service);
        paused.push({ fault, service: service.service, since: Date.now() });
      }
    }
  }
  return {
    unplayed: () => {
      const { services } = aws.ecs.snapshot();
      for (const { fault, service, since } of paused) {
        const deployments = services.find(({ name }) => name === service)?.deployments ?? [];
        if (deployments.some(({ startedAt }) => startedAt >= since)) played.add(fault);
      }
      return faults.filter((fault) => !played.has(fault));
    },
    stop: async () => {
      stopping.abort();
      await Promise.all(watching);
    },
  };
};
