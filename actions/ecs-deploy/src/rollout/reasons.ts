import type { Deployment, Service, ServiceDeployment } from '@hospital-ops/aws/ecs/ports';
import { shortName } from '@hospital-ops/aws/ecs/task-definition';

/** Returns the first reason that says something. */
export const because = (...reasons: ReadonlyArray<string | undefined>): string =>
  reasons.find((reason) => reason !== undefined && reason !== '') ?? 'ECS gave no reason';

/** Returns the newest event of a service that tells of something bad. */
export const newestFailure = (service: Service): string | undefined =>
  service.events.find(({ message }) => /fail|unhealthy|unable|error|roll(ed|ing) back/i.test(message))?.message;

const hookTrouble = ({ hooks }: ServiceDeployment): string | undefined => {
  const hook = hooks.find(({ status }) => status === 'FAILED' || status === 'TIMED_OUT');
  if (hook === undefined) return undefined;
  return `lifecycle hook ${hook.id} ${hook.status === 'FAILED' ? 'failed' : 'was not answered in time'}`;
};

/** What made ECS stop a deployment, beside its own words. */
const trigger = (deployment: ServiceDeployment): string | undefined => {
  const { alarms, breaker } = deployment;
  if (alarms?.status === 'TRIGGERED') return `CloudWatch alarms fired: ${alarms.triggered.join(', ')}`;
  const hook = hookTrouble(deployment);
  if (hook !== undefined) return hook;
  return breaker?.status === 'TRIGGERED'
    ? `the circuit breaker stopped it after ${breaker.failures} failures`
    : undefined;
};

/** Returns in one line why a service deployment did not succeed. */
export const whyStopped = (deployment: ServiceDeployment, service: Service | undefined): string => {
  const said = because(
    deployment.rollbackReason,
    deployment.statusReason,
    trigger(deployment),
    service && newestFailure(service),
  );
  const more = trigger(deployment);
  return more === undefined || said.includes(more) ? said : `${said} (${more})`;
};

export const supersededBy = (deployment: Deployment) => ({
  kind: 'superseded' as const,
  by: deployment.taskDefinition,
  reason: `another deployment, ${deployment.id}, took over with ${shortName(deployment.taskDefinition)}`,
});
