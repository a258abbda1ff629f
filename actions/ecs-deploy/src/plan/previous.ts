import { OpsError } from '@hospital-ops/action-kit/errors';
import type { Ecs, TaskDefinition } from '@hospital-ops/aws/ecs/ports';
import type { Target } from '../inputs/target.ts';
import type { DeployInputs } from '../inputs.ts';

/**
 * Returns the ARN of the last task definition whose deployment was successful before `live`. ECS keeps the history of
 * service deployments for 90 days; a revision number minus one would be a guess.
 */
const lastSuccessful = async (ecs: Ecs, cluster: string, service: string, live: string): Promise<string> => {
  const history = await ecs.listServiceDeployments(cluster, service, ['SUCCESSFUL']);
  const revisions = history.flatMap(({ targetRevision }) => targetRevision ?? []);
  const definitions = revisions.length === 0 ? new Map() : await ecs.revisionTaskDefinitions(revisions);
  for (const revision of revisions) {
    const definition = definitions.get(revision);
    if (definition !== undefined && definition !== live) return definition;
  }
  throw new OpsError({
    what: `service "${service}" has no earlier successful deployment to go back to.`,
    why: `${history.length} successful deployments are in its history, none of them of another revision than the one that runs now`,
    next: 'name the revision: `rollback-to: family:revision`.',
    docs: 'README#rollback-to',
  });
};

/** Returns the target with the revision that `rollback-to` means; unchanged without that input. */
export const previousRevision = async (
  inputs: DeployInputs,
  ecs: Ecs,
  target: Target,
  live: TaskDefinition,
): Promise<Target> => {
  const { rollbackTo, cluster } = inputs;
  // With `rollback-to` a target names a revision only when it is known already what is meant.
  if (rollbackTo === undefined || target.definition.kind === 'reference') return target;
  let reference = rollbackTo;
  if (rollbackTo === 'previous') reference = await lastSuccessful(ecs, cluster, target.service, live.arn);
  else if (/^\d+$/.test(rollbackTo)) reference = `${live.family}:${rollbackTo}`;
  return { ...target, definition: { kind: 'reference', reference } };
};
