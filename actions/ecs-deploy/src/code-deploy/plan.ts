import { formatDuration } from '@hospital-ops/action-kit/duration';
import { asOpsError, InputError } from '@hospital-ops/action-kit/errors';
import type { CodeDeploy, DeploymentGroup } from '@hospital-ops/aws/codedeploy/ports';
import type { JsonObject, Service } from '@hospital-ops/aws/ecs/ports';
import { awsErrorKind, isAccessLost } from '@hospital-ops/aws/errors';
import type { Deps } from '../deps.ts';
import type { DeployInputs } from '../inputs.ts';
import type { ServicePlan } from '../plan/plan.ts';
import { parseAppSpec } from './app-spec.ts';

/** Through which group of CodeDeploy a service is deployed. */
export interface CodeDeployPlan {
  readonly application: string;
  readonly group: string;
  /** The AppSpec of the last successful deployment: what it says beside the task definition stays. */
  readonly appSpec: JsonObject | undefined;
}

interface Sought {
  readonly cluster: string;
  readonly service: string;
  readonly application: string | undefined;
  readonly group: string | undefined;
}

/** The name of the service's cluster: groups name it, the input may be an ARN. */
export const clusterOf = ({ arn }: Service, input: string): string =>
  /:service\/([^/]+)\//.exec(arn)?.[1] ?? input.split('/').at(-1) ?? input;

/** Returns groups of an application; none when the application or the group is not there. */
const groupsIn = async (
  codeDeploy: CodeDeploy,
  application: string,
  names?: string[],
): Promise<readonly DeploymentGroup[]> => {
  try {
    return await codeDeploy.groups(application, names);
  } catch (error) {
    if (awsErrorKind(error) === 'final') return [];
    throw error;
  }
};

const fits = ({ services }: DeploymentGroup, { cluster, service }: Sought): boolean =>
  services.some((one) => one.service === service && one.cluster.split('/').at(-1) === cluster);

/** The names that the ECS console gives (ECS developer guide, "Creating a service … blue/green"). */
const DEFAULTS = ({ cluster, service }: Sought) =>
  [`AppECS-${cluster}-${service}`, `DgpECS-${cluster}-${service}`] as const;

const search = async (codeDeploy: CodeDeploy, sought: Sought): Promise<readonly DeploymentGroup[]> => {
  if (sought.application !== undefined) {
    return groupsIn(codeDeploy, sought.application, sought.group === undefined ? undefined : [sought.group]);
  }
  const [application, group] = DEFAULTS(sought);
  const usual = (await groupsIn(codeDeploy, application, [sought.group ?? group])).filter((one) => fits(one, sought));
  if (usual.length > 0) return usual;
  const found: DeploymentGroup[] = [];
  for (const name of await codeDeploy.applications()) found.push(...(await groupsIn(codeDeploy, name)));
  return found.filter(({ name }) => sought.group === undefined || name === sought.group);
};

/** Returns the group that deploys a service, or what is wrong. */
export const findGroup = async (codeDeploy: CodeDeploy, sought: Sought): Promise<DeploymentGroup | string> => {
  const name = 'name it by `codedeploy-application` and `codedeploy-deployment-group`';
  try {
    const fitting = (await search(codeDeploy, sought)).filter((one) => fits(one, sought));
    const [group] = fitting;
    if (group === undefined) return `no deployment group of CodeDeploy deploys it; ${name}`;
    if (fitting.length === 1) return group;
    const all = fitting.map((one) => `${one.application}/${one.name}`).join(', ');
    return `several deployment groups of CodeDeploy deploy it (${all}); ${name}`;
  } catch (error) {
    if (!isAccessLost(error)) throw error;
    return `its deployment group cannot be looked for: ${asOpsError(error).what} Allow that, or ${name}`;
  }
};

/** The AppSpec of the last successful deployment. One that cannot be read is a warning: hooks in it would be lost. */
const lastAppSpec = async ({ codeDeploy, log }: Deps, group: DeploymentGroup, name: string) => {
  if (group.lastSuccessful === undefined) return undefined;
  const lost = (why: string) =>
    log.warning(`${name}: the AppSpec that was deployed last cannot be read, so hooks in it would be lost: ${why}`);
  try {
    const sha = (await codeDeploy.deployment(group.lastSuccessful))?.sha;
    const content = sha === undefined ? undefined : await codeDeploy.appSpec(group.application, sha);
    const spec = parseAppSpec(content);
    if (spec === undefined) lost(content === undefined ? 'CodeDeploy does not give it' : 'it has no resources');
    return spec;
  } catch (error) {
    lost(asOpsError(error).what);
    return undefined;
  }
};

const planOne = async (inputs: DeployInputs, deps: Deps, plan: ServicePlan): Promise<ServicePlan | string> => {
  const { service, name, strategy } = plan.target;
  const { application, group: asked } = strategy.codeDeploy;
  const sought = { cluster: clusterOf(plan.before, inputs.cluster), service, application, group: asked };
  const group = await findGroup(deps.codeDeploy, sought);
  if (typeof group === 'string') return group;
  const leastMs = group.terminationWaitMinutes * 60_000;
  if (inputs.waitUntil.kind === 'completed' && leastMs >= inputs.timeoutMs) {
    const [least, timeout] = [leastMs, inputs.timeoutMs].map((ms) => formatDuration(ms / 1000));
    return `deployment group "${group.name}" keeps the old tasks for ${least}, and \`timeout\` ends it after ${timeout}; give more time, or let CodeDeploy end them sooner`;
  }
  const appSpec = await lastAppSpec(deps, group, name);
  return { ...plan, codeDeploy: { application: group.application, group: group.name, appSpec } };
};

/** Returns the plans, those of services that CodeDeploy controls with their group. Throws one InputError with all that is wrong. */
export const planCodeDeploy = async (
  inputs: DeployInputs,
  deps: Deps,
  plans: readonly ServicePlan[],
): Promise<ServicePlan[]> => {
  const all = await Promise.all(
    plans.map((plan) =>
      plan.before.controller === 'CODE_DEPLOY' && plan.action !== 'none' ? planOne(inputs, deps, plan) : plan,
    ),
  );
  const problems = all.flatMap((one, index) =>
    typeof one === 'string' ? [`service "${plans[index]?.target.service}": ${one}`] : [],
  );
  if (problems.length > 0) throw new InputError(problems);
  return all.flatMap((one) => (typeof one === 'string' ? [] : [one]));
};
