import { OpsError } from '@hospital-ops/action-kit/errors';
import type { Ecs, TaskDefinition } from '@hospital-ops/aws/ecs/ports';
import { shortName } from '@hospital-ops/aws/ecs/task-definition';
import type { Target } from '../inputs/target.ts';
import type { DeployInputs } from '../inputs.ts';

/** A revision to go back to, and what is to be said of it. */
interface Earlier {
  readonly reference: string;
  readonly warning?: string;
}

/**
 * Returns the ARN of the last task definition whose deployment was successful before `live`. ECS keeps the history of
 * service deployments for 90 days; a revision number minus one would be a guess.
 */
const lastSuccessful = async (ecs: Ecs, cluster: string, service: string, live: string): Promise<Earlier> => {
  const history = await ecs.listServiceDeployments(cluster, service, ['SUCCESSFUL']);
  const revisions = history.flatMap(({ targetRevision }) => targetRevision ?? []);
  const definitions = revisions.length === 0 ? new Map() : await ecs.revisionTaskDefinitions(revisions);
  const past: string[] = revisions.flatMap((revision) => definitions.get(revision) ?? []);
  const at = past.findIndex((definition) => definition !== live);
  const reference = past[at];
  if (reference !== undefined) {
    if (!past.slice(at).includes(live)) return { reference };
    const earlier = past.slice(at).find((definition) => definition !== live && definition !== reference);
    const instead = earlier === undefined ? '' : `; for the one before use \`rollback-to: ${shortName(earlier)}\``;
    const warning = `${shortName(reference)} is what was deployed before, and ${shortName(live)} has already taken its place again: it may be the revision that was taken back${instead}`;
    return { reference, warning };
  }
  throw new OpsError({
    what: `service "${service}" has no earlier successful deployment to go back to.`,
    why: `${history.length} successful deployments are in its history, none of them of another revision than the one that runs now`,
    next: 'name the revision: `rollback-to: family:revision`.',
    docs: 'README#rollback-to',
  });
};

/** Returns the target with the revision that `rollback-to` means, unchanged without that input, and what is odd about it. */
export const previousRevision = async (
  inputs: DeployInputs,
  ecs: Ecs,
  target: Target,
  live: TaskDefinition,
): Promise<{ readonly target: Target; readonly warnings: readonly string[] }> => {
  const { cluster } = inputs;
  const rollbackTo = target.rollbackTo ?? inputs.rollbackTo;
  // With `rollback-to` a target names a revision only when it is known already what is meant.
  if (rollbackTo === undefined || target.definition.kind === 'reference') return { target, warnings: [] };
  let earlier: Earlier = { reference: rollbackTo };
  if (rollbackTo === 'previous') earlier = await lastSuccessful(ecs, cluster, target.service, live.arn);
  else if (/^\d+$/.test(rollbackTo)) earlier = { reference: `${live.family}:${rollbackTo}` };
  const { reference, warning } = earlier;
  return {
    target: { ...target, definition: { kind: 'reference', reference } },
    warnings: warning === undefined ? [] : [warning],
  };
};
