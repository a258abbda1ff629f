import type { Ecs, Service, ServiceDeployment } from '@hospital-ops/aws/ecs/ports';
import { primaryOf } from '@hospital-ops/aws/ecs/service';
import type { Target } from '../inputs/target.ts';

/** A paused deployment that is to go on. Definitions are ARNs. */
export interface Continued {
  readonly deployment: ServiceDeployment;
  readonly hook: string;
  readonly definition: string;
  /** What ran when the deployment began. */
  readonly previous: string;
}

const UNDER_WAY = ['PENDING', 'IN_PROGRESS'];

/** Returns the deployment that a hook holds, or what is wrong with the hook. */
export const findContinued = async (
  ecs: Ecs,
  cluster: string,
  target: Target,
  service: Service,
  hook: string,
): Promise<Continued | string> => {
  if (target.images.size > 0 || target.definition.kind !== 'live' || target.variables.length > 0) {
    return '`continue-hook` goes on with what is being deployed; nothing new can be given with it';
  }
  const briefs = await ecs.listServiceDeployments(cluster, target.service, UNDER_WAY);
  const deployments = await ecs.describeServiceDeployments(briefs.map(({ arn }) => arn));
  const waiting = deployments.flatMap((deployment) =>
    deployment.hooks.filter(({ status }) => status === 'AWAITING_ACTION').map(({ id }) => ({ id, deployment })),
  );
  const deployment = waiting.find(({ id }) => id === hook)?.deployment;
  if (deployment === undefined) {
    const others = waiting.map(({ id }) => id).join(', ');
    return `no deployment waits for hook ${hook}${others === '' ? '' : `; those that wait are ${others}`}`;
  }
  const arns = [deployment.targetRevision, ...deployment.sourceRevisions].filter((arn) => arn !== undefined);
  const definitions = await ecs.revisionTaskDefinitions(arns);
  const definition = definitions.get(deployment.targetRevision ?? '');
  if (definition === undefined) return `what the deployment of hook ${hook} brings out cannot be read`;
  const previous =
    deployment.sourceRevisions.flatMap((arn) => definitions.get(arn) ?? [])[0] ??
    service.deployments.find(({ taskDefinition, running }) => taskDefinition !== definition && running > 0)
      ?.taskDefinition ??
    primaryOf(service)?.taskDefinition ??
    definition;
  return { deployment, hook, definition, previous };
};
