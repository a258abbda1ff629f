import { asOpsError, formatError } from '@hospital-ops/action-kit/errors';
import { createMemoryLog } from '@hospital-ops/action-kit/log';
import { expect } from '@jest/globals';
import type { ServiceReport } from '../../../actions/ecs-deploy/src/report/report.ts';
import { failedOutputs } from '../../../actions/ecs-deploy/src/run.ts';
import type { DeploymentSnapshot, ServiceSnapshot } from '../../../packages/rehearsal/src/aws/ecs/snapshot.ts';
import type { RequestRecord } from '../../../packages/rehearsal/src/aws/request-log.ts';
import type { ReleaseWorld } from '../release-world.ts';

/** How a run ended, whether it handed back a result or threw, as `runAction` makes it. */
export interface Ended {
  readonly outcome: string;
  readonly reason: string;
  readonly reports: readonly ServiceReport[];
  /** All that a person is told: failure, reasons, log. */
  readonly told: string;
  /** Milliseconds of virtual time. */
  readonly ms: number;
  /** What the local AWS held at that moment. */
  readonly services: readonly ServiceSnapshot[];
}

/** Deploys to the end, however that comes. */
export const deployToEnd = async (
  world: ReleaseWorld,
  given: Readonly<Record<string, string>>,
  signal = world.cancel.signal,
): Promise<Ended> => {
  const log = createMemoryLog();
  const began = world.clock.now();
  const end = (outputs: Readonly<Record<string, string>>, failure: unknown): Ended => {
    const { outcome = '', reason = '', services = '[]' } = outputs;
    return {
      outcome,
      reason,
      reports: JSON.parse(services),
      told: [reason, failure && formatError('ecs-deploy', asOpsError(failure)), ...log.lines]
        .filter(Boolean)
        .join('\n'),
      ms: world.clock.now() - began,
      services: world.aws.ecs.snapshot().services,
    };
  };
  try {
    const { outputs, failure } = await world.deploy(given, { signal, log });
    return end(outputs, failure);
  } catch (error) {
    return end(failedOutputs(asOpsError(error)), error);
  }
};

/** True when all tasks that take traffic are of `revision`, and ECS calls its deployment complete. */
export const runsWholly = (service: ServiceSnapshot, revision: string): boolean =>
  service.taskDefinition === revision &&
  service.rolloutState === 'COMPLETED' &&
  service.running >= service.desired &&
  service.serving.every((each) => each === revision);

const shortOf = (arn: string): string => arn.replace(/^.*\//, '');

const OLD = (name: string) => `${name}:1`;
const NEW = (name: string) => `${name}:2`;

/** What holds of every service at the end of every run, whatever went wrong. */
export const expectTruth = (ended: Ended): void => {
  for (const report of ended.reports) {
    const service = ended.services.find(({ name }) => name === report.service);
    if (service === undefined) throw new Error(`${report.service} is not in the snapshot`);
    const [isNew, isOld] = [runsWholly(service, NEW(report.service)), runsWholly(service, OLD(report.service))];
    const seen = { outcome: report.outcome, primary: service.taskDefinition, state: service.rolloutState };
    switch (report.outcome) {
      case 'deployed':
        expect({ ...seen, isNew }).toEqual({ ...seen, isNew: true });
        break;
      case 'rolled-back':
      case 'failed':
      case 'unchanged':
        expect({ ...seen, isOld }).toEqual({ ...seen, isOld: true });
        break;
      case 'rollback-failed':
        expect({ ...seen, isOld }).toEqual({ ...seen, isOld: false });
        break;
      default:
    }
    const serving = shortOf(report.serving['task-definition']);
    if (serving !== '') expect(service.serving).toContain(serving);
  }
};

const CHANGES = new Set([
  'RegisterTaskDefinition',
  'UpdateService',
  'StopServiceDeployment',
  'ContinueServiceDeployment',
  'CreateDeployment',
  'StopDeployment',
  'ModifyRule',
  'CreateLogGroup',
]);

export const isChange = ({ operation }: Pick<RequestRecord, 'operation'>): boolean => CHANGES.has(operation);

/** True for a call that changes what runs; registering a definition does not. */
export const disturbs = (request: Pick<RequestRecord, 'operation'>): boolean =>
  isChange(request) && request.operation !== 'RegisterTaskDefinition';

/** True when a call was carried out, whatever became of its answer. */
export const tookEffect = ({ status, error }: RequestRecord): boolean => status === 200 || error === 'lost-response';

const keyOf = (request: RequestRecord): string => {
  const input = request.input as Readonly<Record<string, unknown>>;
  return [request.operation, input.family, input.service, input.taskDefinition].filter(Boolean).join(' ');
};

/** No registration and no update had its effect twice. */
export const expectEachOnce = (requests: readonly RequestRecord[]): void => {
  const done = requests.filter(
    (request) => /^(RegisterTaskDefinition|UpdateService)$/.test(request.operation) && tookEffect(request),
  );
  const keys = done.map(keyOf);
  expect(keys).toEqual([...new Set(keys)]);
};

/** Deployments that never ended, of all services. */
export const openDeployments = (services: readonly ServiceSnapshot[]): DeploymentSnapshot[] =>
  services.flatMap(({ deployments }) => deployments.filter(({ endedAt }) => endedAt === undefined));
