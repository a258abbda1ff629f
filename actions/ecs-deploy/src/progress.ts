import type { Log } from '@hospital-ops/action-kit/log';
import type { Service } from '@hospital-ops/aws/ecs/ports';
import { primaryOf } from '@hospital-ops/aws/ecs/service';
import { shortName } from '@hospital-ops/aws/ecs/task-definition';
import type { Observation } from './decide.ts';

const stateOf = ({ service, deployment, failedTasks }: Observation, ours: string): string => {
  if (service === undefined) return 'the service is not in the answer';
  const primary = primaryOf(service);
  const own = service.deployments.find(({ taskDefinition }) => taskDefinition === ours);
  const failed = Math.max(own?.failedTasks ?? 0, failedTasks);
  const others = service.deployments.filter(({ taskDefinition, running }) => taskDefinition !== ours && running > 0);
  return [
    own === undefined
      ? `${shortName(ours)} is not deployed`
      : `${shortName(ours)} ${own.running}/${own.desired} running${own.pending > 0 ? `, ${own.pending} pending` : ''}`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...others.map(({ taskDefinition, running }) => `${shortName(taskDefinition)} ${running} running`),
    ...(primary !== undefined && primary.taskDefinition !== ours
      ? [`PRIMARY is ${shortName(primary.taskDefinition)}`]
      : []),
    ...(own?.rolloutState === undefined ? [] : [own.rolloutState]),
    ...(deployment === undefined
      ? []
      : [`deployment ${deployment.status}${deployment.stage ? ` at ${deployment.stage}` : ''}`]),
  ].join(', ');
};

/** Returns a function that logs an observation when it reads differently from the one before, and every event that `before` did not hold, once. */
export const createProgress = (name: string, ours: string, before: Service | undefined, log: Log) => {
  const seen = new Set(before?.events.map(({ id }) => id));
  let told = '';
  return (observation: Observation): void => {
    const events = observation.service?.events.filter(({ id }) => !seen.has(id)) ?? [];
    for (const event of [...events].reverse()) {
      seen.add(event.id);
      log.info(`${name}: event: ${event.message}`);
    }
    const now = stateOf(observation, ours);
    if (now !== told) log.info(`${name}: ${now}`);
    told = now;
  };
};
