import { asOpsError, formatError } from '@hospital-ops/action-kit/errors';
import { createMemoryLog } from '@hospital-ops/action-kit/log';
import { expect } from '@jest/globals';
import type { ServiceReport } from '../../../actions/ecs-deploy/src/report/report.ts';
import { failedOutputs } from '../../../actions/ecs-deploy/src/run.ts';
import type { DeploymentSnapshot, ServiceSnapshot } from '../../../packages/rehearsal/src/aws/ecs/snapshot.ts';
import type { RequestRecord } from '../../../packages/rehearsal/src/aws/request-log.ts';
import type { ReleaseWorld } from '../release-world.ts';

/** A world, and what a scenario knows of it that is not the same in all of them. */
export interface ProductWorld extends ReleaseWorld {
  /** Inputs that are known only when the world stands. */
  readonly given?: Readonly<Record<string, string>>;
  /** True when a deployment is on its way before the run. */
  readonly underWay?: boolean;
  /** The services, where the snapshot alone does not tell who is deployed. */
  services?(): readonly ServiceSnapshot[];
  /** Revisions of the tasks that people reach, by whatever share, where a load balancer says so. */
  reached?(): readonly string[];
}

/** What the local AWS holds at this moment. */
export const servicesIn = ({ services, aws }: ProductWorld): readonly ServiceSnapshot[] =>
  services?.() ?? aws.ecs.snapshot().services;

/** Revisions of a service, `family:revision`. */
export interface Revisions {
  before(service: string): string;
  after(service: string): string;
  /** True when all services of the world are one in it. */
  readonly together?: boolean;
}

export const USUAL: Revisions = { before: (name) => `${name}:1`, after: (name) => `${name}:2` };

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
  readonly reached: readonly string[] | undefined;
  readonly wasUnderWay: boolean;
}

/** Deploys to the end, however that comes. */
export const deployToEnd = async (
  world: ProductWorld,
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
      services: servicesIn(world),
      reached: world.reached?.(),
      wasUnderWay: world.underWay === true,
    };
  };
  try {
    const { outputs, failure } = await world.deploy({ ...given, ...world.given }, { signal, log });
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

/** What holds of every service at the end of every run, whatever went wrong. */
export const expectTruth = (ended: Ended, revisions: Revisions = USUAL): void => {
  for (const report of ended.reports) {
    const service = ended.services.find(({ name }) => name === report.service);
    if (service === undefined) throw new Error(`${report.service} is not in the snapshot`);
    const [newest, oldest] = [revisions.after(report.service), revisions.before(report.service)];
    const isAt = (revision: string): boolean =>
      (revisions.together ? ended.services : [service]).every((each) => runsWholly(each, revision)) &&
      (ended.reached ?? [revision]).join() === revision;
    const { outcome, reason } = report;
    const seen = { outcome, reason, primary: service.taskDefinition, state: service.rolloutState, to: ended.reached };
    switch (outcome) {
      case 'deployed':
        expect({ ...seen, isNew: isAt(newest) }).toEqual({ ...seen, isNew: true });
        break;
      case 'failed':
        // What somebody has begun before goes on when the run is refused.
        if (ended.wasUnderWay) expect(ended.reached).toEqual([oldest]);
        else expect({ ...seen, isOld: isAt(oldest) }).toEqual({ ...seen, isOld: true });
        break;
      case 'rolled-back':
      case 'unchanged':
        expect({ ...seen, isOld: isAt(oldest) }).toEqual({ ...seen, isOld: true });
        break;
      case 'rollback-failed':
        // The old revision may well serve, when it is settings that could not be brought back.
        if (!/settings of the service|share could not be taken back/.test(reason))
          expect({ ...seen, isOld: isAt(oldest) }).toEqual({ ...seen, isOld: false });
        break;
      default:
    }
    const serving = shortOf(report.serving['task-definition']);
    if (serving !== '') expect(ended.reached ?? service.serving).toContain(serving);
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

const ONCE =
  /^(RegisterTaskDefinition|UpdateService|StopServiceDeployment|ContinueServiceDeployment|CreateDeployment|StopDeployment|ModifyRule)$/;

/** An update that names no definition sets settings, as often as it is sent. */
const isOnce = ({ operation, input }: RequestRecord): boolean =>
  ONCE.test(operation) && (operation !== 'UpdateService' || JSON.stringify(input).includes('"taskDefinition"'));

/** No call that must have its effect once had it twice. */
export const expectEachOnce = (requests: readonly RequestRecord[]): void => {
  const done = requests.filter((request) => isOnce(request) && tookEffect(request));
  const keys = done.map(({ operation, input }) => `${operation} ${JSON.stringify(input)}`);
  expect(keys).toEqual([...new Set(keys)]);
};

/** Deployments that never ended, of all services. */
export const openDeployments = (services: readonly ServiceSnapshot[]): DeploymentSnapshot[] =>
  services.flatMap(({ deployments }) => deployments.filter(({ endedAt }) => endedAt === undefined));
