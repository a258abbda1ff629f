import type { Log } from '@hospital-ops/action-kit/log';
import type { Service } from '@hospital-ops/aws/ecs/ports';
import { primaryOf } from '@hospital-ops/aws/ecs/service';
import { shortName } from '@hospital-ops/aws/ecs/task-definition';
import type { Board, Row } from './board.ts';
import type { Observation } from './observation.ts';

const tasksOf = (running: number, desired: number, pending: number): string =>
  `${running}/${desired} running${pending > 0 ? `, ${pending} pending` : ''}`;

const stageOf = ({ deployment }: Observation): string[] => {
  if (deployment === undefined) return [];
  const weight = deployment.target?.productionWeight;
  return [
    `deployment ${deployment.status}${deployment.stage ? ` at ${deployment.stage}` : ''}`,
    ...(weight === undefined ? [] : [`${weight} % of the traffic`]),
  ];
};

/** Returns what an observation says of the revision `ours`. */
export const rowOf = (name: string, ours: string, observation: Observation): Row => {
  const revision = shortName(ours);
  const { service, failedTasks } = observation;
  if (service === undefined) return { name, revision, tasks: 'the service is not in the answer', state: '' };
  const primary = primaryOf(service);
  const own = service.deployments.find(({ taskDefinition }) => taskDefinition === ours);
  const failed = Math.max(own?.failedTasks ?? 0, failedTasks);
  const others = service.deployments.filter(({ taskDefinition, running }) => taskDefinition !== ours && running > 0);
  const state = [
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...others.map(({ taskDefinition, running }) => `${shortName(taskDefinition)} ${running} running`),
    ...(primary !== undefined && primary.taskDefinition !== ours
      ? [`PRIMARY is ${shortName(primary.taskDefinition)}`]
      : []),
    ...(own?.rolloutState === undefined ? [] : [own.rolloutState]),
    ...stageOf(observation),
  ];
  const tasks = own === undefined ? 'is not deployed' : tasksOf(own.running, own.desired, own.pending);
  return { name, revision, tasks, state: state.join(', ') };
};

/**
 * Returns a function that tells of an observation what is new: every event that `before` did not hold once, and the
 * state when it reads differently, as a line of its own or, in a release of many, in the table of the board.
 */
export const createProgress = (
  name: string,
  ours: string,
  before: Service | undefined,
  log: Log,
  board?: Board | undefined,
) => {
  const seen = new Set(before?.events.map(({ id }) => id));
  let told = '';
  return (observation: Observation): void => {
    const events = observation.service?.events.filter(({ id }) => !seen.has(id)) ?? [];
    for (const event of [...events].reverse()) {
      seen.add(event.id);
      log.info(`${name}: event: ${event.message}`);
    }
    const row = rowOf(name, ours, observation);
    if (board !== undefined) {
      board.show(row);
      return;
    }
    const now = [`${row.revision} ${row.tasks}`, row.state].filter(Boolean).join(', ');
    if (now !== told) log.info(`${name}: ${now}`);
    told = now;
  };
};
