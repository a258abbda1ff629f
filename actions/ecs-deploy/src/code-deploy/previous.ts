import { InputError, OpsError } from '@hospital-ops/action-kit/errors';
import type { DeploymentGroup } from '@hospital-ops/aws/codedeploy/ports';
import type { Service } from '@hospital-ops/aws/ecs/ports';
import { primaryOf } from '@hospital-ops/aws/ecs/service';
import type { Deps } from '../deps.ts';
import type { Target } from '../inputs/target.ts';
import type { DeployInputs } from '../inputs.ts';
import { definitionIn, parseAppSpec } from './app-spec.ts';
import { clusterOf, findGroup } from './plan.ts';

/** How far back is looked; ECS keeps its own history as long. */
const HISTORY_MS = 90 * 24 * 3_600_000;

const lastOther = async (deps: Deps, group: DeploymentGroup, live: string): Promise<string | undefined> => {
  const { codeDeploy, awsClock } = deps;
  const { application, name } = group;
  const history = await codeDeploy.deployments(application, name, awsClock.now() - HISTORY_MS, ['Succeeded']);
  for (const sha of new Set(history.map((deployment) => deployment.sha))) {
    const spec = sha === undefined ? undefined : parseAppSpec(await codeDeploy.appSpec(application, sha));
    const definition = spec && definitionIn(spec);
    if (definition !== undefined && definition !== live) return definition;
  }
  return undefined;
};

const resolve = async (inputs: DeployInputs, deps: Deps, target: Target, service: Service): Promise<Target> => {
  const { application, group: asked } = target.strategy.codeDeploy;
  const cluster = clusterOf(service, inputs.cluster);
  const group = await findGroup(deps.codeDeploy, { cluster, service: target.service, application, group: asked });
  if (typeof group === 'string') throw new InputError([`service "${target.service}": ${group}`]);
  const reference = await lastOther(deps, group, primaryOf(service)?.taskDefinition ?? '');
  if (reference !== undefined) return { ...target, definition: { kind: 'reference', reference } };
  throw new OpsError({
    what: `service "${target.service}" has no earlier successful deployment to go back to.`,
    why: `among the last successful deployments of group "${group.name}" none is of another revision than the one that runs now`,
    next: 'name the revision: `rollback-to: family:revision`.',
    docs: 'README#rollback-to',
  });
};

/**
 * Returns the inputs with what `rollback-to: previous` means for services that CodeDeploy controls: their history is
 * CodeDeploy's, ECS has none. Throws InputError and OpsError when it cannot be told.
 */
export const resolveCodeDeployPrevious = async (inputs: DeployInputs, deps: Deps): Promise<DeployInputs> => {
  if (inputs.rollbackTo !== 'previous') return inputs;
  const names = inputs.targets.map(({ service }) => service);
  const { found } = await deps.ecs.describeServices(inputs.cluster, names);
  const targets = await Promise.all(
    inputs.targets.map((target) => {
      const service = found.get(target.service);
      return service?.controller === 'CODE_DEPLOY' ? resolve(inputs, deps, target, service) : target;
    }),
  );
  return { ...inputs, targets };
};
