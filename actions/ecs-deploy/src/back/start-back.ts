import { asOpsError } from '@hospital-ops/action-kit/errors';
import { updateOnce } from '@hospital-ops/aws/ecs/once';
import type { JsonObject, Service, ServiceDeployment } from '@hospital-ops/aws/ecs/ports';
import { primaryOf } from '@hospital-ops/aws/ecs/service';
import { shortName } from '@hospital-ops/aws/ecs/task-definition';
import { awsErrorKind } from '@hospital-ops/aws/errors';
import { directly } from '../plan/service-change.ts';
import type { GoBackOptions, Return } from './go-back.ts';

/** How going back was begun. */
export type Begun =
  | { readonly kind: 'refused'; readonly result: Return }
  /** ECS goes back within the service deployment that brought ours out. */
  | { readonly kind: 'by-ecs' }
  /** The old revision is deployed. `restore`: the configuration that this deployment is to leave behind. */
  | {
      readonly kind: 'deployed';
      /** ARN of the old revision, or of the copy of it that had to be registered. */
      readonly definition: string;
      readonly since: number;
      readonly before: string | undefined;
      readonly restore: JsonObject | undefined;
      /** Id of the PRIMARY deployment in the answer of the update; undefined when that was lost. */
      readonly primary: string | undefined;
    };

/** What starting needs: `sending` is called right before a change is sent. */
export type StartOptions = GoBackOptions & { sending(): void };

const MAY_STOP: ReadonlySet<string> = new Set(['PENDING', 'IN_PROGRESS']);
/** ECS is on its way back already (developer guide, "Stopping service deployments"). */
const GOES_BACK: ReadonlySet<string> = new Set(['ROLLBACK_REQUESTED', 'ROLLBACK_IN_PROGRESS', 'ROLLBACK_SUCCESSFUL']);

/** A revision that was deregistered goes on running, but no service can be told to run it (DeregisterTaskDefinition). */
const isInactive = (error: unknown): boolean =>
  awsErrorKind(error) === 'final' && /inactive/i.test(asOpsError(error).why ?? '');

/** Deploys the previous revision; a copy of it where that was deregistered. */
export const deployPrevious = async (options: StartOptions, service: Service | undefined): Promise<Begun> => {
  const { awsClock, log, ours, previous, name, cluster, native, configuration } = options;
  log.info(`${name}: rolling back to ${shortName(previous)}`);
  const since = awsClock.now();
  const seen = service && primaryOf(service);
  // A look right after our update may show the state of before it, of which our own deployment must be told.
  const isOld = !native && previous !== ours && seen?.taskDefinition === previous;
  const deploy = (definition: string, force: boolean) => {
    const deploymentConfiguration = native ? directly(configuration) : undefined;
    const request = { cluster, service: options.service, forceNewDeployment: force, deploymentConfiguration };
    options.sending();
    return updateOnce(
      options,
      { ...request, taskDefinition: definition },
      (isOld ? options.deploymentId : undefined) ?? seen?.id,
    );
  };
  let definition = previous;
  const told = await deploy(
    previous,
    // Of a rolling service that goes back already, nothing is made of an update that asks for what it does.
    previous === ours || (native && seen?.taskDefinition === previous),
  ).catch(async (error: unknown) => {
    if (!isInactive(error)) throw error;
    definition = (await options.copy()).arn;
    log.warning(`${name}: ${shortName(previous)} is INACTIVE; ${shortName(definition)} is a copy of it`);
    return deploy(definition, false);
  });
  const primary = told && primaryOf(told);
  return {
    kind: 'deployed',
    definition,
    since,
    before: service?.serviceDeployment,
    restore: native ? (options.restore.configuration ?? configuration) : undefined,
    primary: primary?.taskDefinition === definition ? primary.id : undefined,
  };
};

const byEcs = async (options: StartOptions, deployment: ServiceDeployment): Promise<boolean> => {
  const { ecs, log, name, previous } = options;
  options.sending();
  try {
    await ecs.rollBackServiceDeployment(deployment.arn);
    log.info(`${name}: rolling back to ${shortName(previous)} (StopServiceDeployment)`);
    return true;
  } catch (error) {
    const [now] = await ecs.describeServiceDeployments([deployment.arn]).catch(() => []);
    // A lost response, or ECS was faster.
    if (now !== undefined && GOES_BACK.has(now.status)) return true;
    log.info(`${name}: StopServiceDeployment did not apply (${asOpsError(error).what}); deploying the old revision`);
    return false;
  }
};

/** What a look brings, or undefined when it fails or takes longer than a roll-back that has seconds can wait. */
const inTime = async <T>({ clock, firstLookMs }: GoBackOptions, look: Promise<T>): Promise<T | undefined> => {
  const seen = look.catch(() => undefined);
  if (firstLookMs === undefined) return seen;
  const done = new AbortController();
  const late = clock.sleep(firstLookMs, done.signal).then(
    () => undefined,
    () => undefined,
  );
  return Promise.race([seen, late]).finally(() => done.abort());
};

/** Refuses when the service runs neither our revision nor the one before. */
const takenOver = ({ ours, previous }: GoBackOptions, service: Service | undefined): Begun | undefined => {
  const primary = service && primaryOf(service);
  if (primary === undefined || primary.taskDefinition === ours || primary.taskDefinition === previous) return undefined;
  const reason = `another deployment took over with ${shortName(primary.taskDefinition)}`;
  return { kind: 'refused', result: { kind: 'superseded', reason } };
};

/**
 * True when ECS has failed our rolling deployment and made the old revision PRIMARY again. That the old one is PRIMARY
 * is not enough: so a look shows it that is older than our update.
 */
const hasGivenUp = ({ ours, previous, native }: GoBackOptions, service: Service | undefined): boolean =>
  !native &&
  previous !== ours &&
  service !== undefined &&
  primaryOf(service)?.taskDefinition === previous &&
  service.deployments.some(({ taskDefinition, rolloutState }) => taskDefinition === ours && rolloutState === 'FAILED');

/**
 * Starts a roll-back, unless one is under way or the service is somebody else's by now. `deployment` is our service
 * deployment as it was last seen: while it goes on ECS takes it back, which moves the traffic at once.
 */
export const startGoingBack = async (
  options: StartOptions,
  service: Service | undefined,
  deployment: ServiceDeployment | undefined,
): Promise<Begun> => {
  const { observer } = options;
  const refused = takenOver(options, service);
  if (refused !== undefined) return refused;
  if (deployment !== undefined && GOES_BACK.has(deployment.status)) return { kind: 'by-ecs' };
  if (hasGivenUp(options, service)) return { kind: 'by-ecs' };
  if (deployment === undefined) return deployPrevious(options, service);
  if (MAY_STOP.has(deployment.status) && (await byEcs(options, deployment))) return { kind: 'by-ecs' };
  // It may have ended because somebody else has deployed since the last look, who must not be taken back.
  const now = (await inTime(options, observer.service(options.service))) ?? service;
  return takenOver(options, now) ?? deployPrevious(options, now);
};
