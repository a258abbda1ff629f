import { breakerThreshold } from './breaker.ts';
import type {
  DeploymentLifecycleHookDetail,
  ServiceDeploymentAnswer,
  ServiceDeploymentLifecycleStage,
} from './client.ts';
import { countsOf } from './counts.ts';
import type { HookState } from './hooks.ts';
import type { Service, ServiceDeployment, ServiceRevision, Task } from './state.ts';
import { hasTestTraffic } from './traffic.ts';

const time = <K extends string>(key: K, at: number | undefined) =>
  (at === undefined ? {} : { [key]: new Date(at) }) as Partial<Record<K, Date>>;

type Weights = { readonly production: number; readonly test: number } | undefined;

const revisionSummary = (revision: ServiceRevision, service: Service, tasks: readonly Task[], weights: Weights) => {
  const { running, pending } = countsOf(tasks.filter((task) => task.deployment?.revision === revision));
  const deployment = service.deployments.find((candidate) => candidate.revision === revision);
  return {
    arn: revision.arn,
    requestedTaskCount: deployment?.desired ?? 0,
    runningTaskCount: running,
    pendingTaskCount: pending,
    ...(weights === undefined
      ? {}
      : { requestedProductionTrafficWeight: weights.production, requestedTestTrafficWeight: weights.test }),
  };
};

/** What the target leaves goes to the revision that serves; others of an interrupted deployment get none. */
const sourceWeights = ({ traffic, target }: ServiceDeployment, index: number, serving: boolean): Weights => {
  if (traffic === undefined) return undefined;
  if (!serving && index > 0) return { production: 0, test: 0 };
  const test = hasTestTraffic(target.config) ? Math.round((100 - traffic.test) * 10) / 10 : 0;
  return { production: Math.round((100 - traffic.production) * 10) / 10, test };
};

const hookAnswer = (hook: HookState): DeploymentLifecycleHookDetail => ({
  hookId: hook.hookId,
  targetType: hook.targetType,
  ...(hook.targetArn === undefined ? {} : { targetArn: hook.targetArn }),
  status: hook.status,
  expiresAt: new Date(hook.expiresAt),
  timeoutAction: hook.timeoutAction,
});

/** Returns a service deployment as DescribeServiceDeployments shows it. */
export const serviceDeploymentAnswer = (
  deployment: ServiceDeployment,
  service: Service,
  tasks: readonly Task[],
): ServiceDeploymentAnswer => ({
  serviceDeploymentArn: deployment.arn,
  serviceArn: service.arn,
  clusterArn: service.cluster.arn,
  createdAt: new Date(deployment.createdAt),
  updatedAt: new Date(deployment.updatedAt),
  ...time('startedAt', deployment.startedAt),
  ...time('stoppedAt', deployment.stoppedAt),
  ...time('finishedAt', deployment.finishedAt),
  sourceServiceRevisions: deployment.sources.map((revision, index) =>
    revisionSummary(revision, service, tasks, sourceWeights(deployment, index, deployment.sources.length === 1)),
  ),
  targetServiceRevision: revisionSummary(deployment.target, service, tasks, deployment.traffic),
  status: deployment.status,
  ...(deployment.statusReason === undefined ? {} : { statusReason: deployment.statusReason }),
  // The SDK's enum lacks PRE_PRODUCTION_TRAFFIC_SHIFT, which the API reference names.
  ...(deployment.stage === undefined ? {} : { lifecycleStage: deployment.stage as ServiceDeploymentLifecycleStage }),
  ...(deployment.hooks.length === 0 ? {} : { lifecycleHookDetails: deployment.hooks.map(hookAnswer) }),
  deploymentConfiguration: deployment.target.config.deploymentConfiguration,
  ...(deployment.rollback === undefined
    ? {}
    : {
        rollback: {
          reason: deployment.rollback.reason,
          startedAt: new Date(deployment.rollback.startedAt),
          serviceRevisionArn: deployment.rollback.revision.arn,
        },
      }),
  deploymentCircuitBreaker: {
    status: deployment.breaker.status,
    failureCount: deployment.breaker.failureCount,
    threshold: breakerThreshold(
      deployment.target.config.deploymentConfiguration?.deploymentCircuitBreaker,
      service.desired,
    ),
  },
  alarms: {
    status: deployment.alarms.status,
    alarmNames: [...deployment.alarms.names],
    triggeredAlarmNames: [...deployment.alarms.triggered],
  },
});
