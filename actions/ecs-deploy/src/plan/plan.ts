import { AwsError, InputError, OpsError } from '@hospital-ops/action-kit/errors';
import type { Difference } from '@hospital-ops/aws/ecs/compare';
import { differences, isVariable } from '@hospital-ops/aws/ecs/compare';
import type { Deployment, Ecs, JsonObject, Service, TaskDefinition } from '@hospital-ops/aws/ecs/ports';
import type { Changes, NamedVariable, VariableChange } from '@hospital-ops/aws/ecs/render';
import { renderTaskDefinition } from '@hospital-ops/aws/ecs/render';
import { isSteady, primaryOf } from '@hospital-ops/aws/ecs/service';
import {
  containersOf,
  namesRevision,
  registrationBody,
  shortName,
  variableOf,
} from '@hospital-ops/aws/ecs/task-definition';
import type { ListenerRule } from '@hospital-ops/aws/elbv2/ports';
import type { CodeDeployPlan } from '../code-deploy/plan.ts';
import type { Target } from '../inputs/target.ts';
import type { DeployInputs } from '../inputs.ts';
import type { Continued } from '../rollout/continue-hook.ts';
import { findContinued } from '../rollout/continue-hook.ts';
import { previousRevision } from './previous.ts';
import type { ServiceChange } from './service-change.ts';
import { changeOf } from './service-change.ts';
import { serviceProblems } from './strategy-problems.ts';

/** What is to run: a definition that exists, or a body to register. */
export type Wanted =
  | { readonly kind: 'existing'; readonly definition: TaskDefinition }
  | { readonly kind: 'register'; readonly body: JsonObject };

/** What will be done for a service, decided before anything is changed. */
export interface ServicePlan {
  readonly target: Target;
  readonly before: Service;
  /** What the service was last told to run. */
  readonly live: TaskDefinition;
  /** What serves, and what a roll-back goes back to: the last definition that completed. */
  readonly old: TaskDefinition;
  readonly wanted: Wanted;
  readonly differences: readonly Difference[];
  /** For a service that CodeDeploy controls. */
  readonly codeDeploy?: CodeDeployPlan;
  /** What changes of the service beside its definition. */
  readonly change: ServiceChange;
  /** The paused deployment that goes on, for `continue`. */
  readonly continued: Continued | undefined;
  /** `join`: what is wanted is already on its way. `settings`: nothing new is to run, but `change` is to be made. */
  readonly action: 'none' | 'join' | 'settings' | 'continue' | 'deploy';
  /** What is odd about what was asked, and is done all the same. */
  readonly warnings: readonly string[];
  /** For `weighted-canary` only. */
  readonly weighted?: WeightedPlan;
}

/** What a weighted canary needs besides: the service that takes the canary's share, and the rule that gives it. */
export interface WeightedPlan {
  readonly canary: ServicePlan;
  readonly rule: ListenerRule;
  /** ARNs of the two target groups of the rule. */
  readonly mainGroup: string;
  readonly canaryGroup: string;
  /** True for `rollback-to`: no steps, and a share that an earlier run has left is taken back first. */
  readonly direct: boolean;
}

const CONTROLLERS: ReadonlySet<string> = new Set(['ECS', 'CODE_DEPLOY']);
const STRATEGIES: ReadonlySet<string> = new Set(['ROLLING', 'BLUE_GREEN', 'LINEAR', 'CANARY']);

/** Why a service cannot be deployed by this action; empty when it can. */
export const refusals = (service: Service | undefined, name: string, cluster: string): string[] => {
  if (service === undefined) return [`service "${name}" is not in cluster "${cluster}"`];
  if (service.status !== 'ACTIVE') return [`service "${name}" is ${service.status}, not ACTIVE`];
  if (!CONTROLLERS.has(service.controller)) {
    const why = service.controller === 'EXTERNAL' ? ' (whoever owns its task sets deploys it)' : '';
    return [
      `service "${name}" has the deployment controller ${service.controller}${why}; only ECS and CODE_DEPLOY are supported`,
    ];
  }
  if (!STRATEGIES.has(service.strategy)) {
    return [`service "${name}" deploys by ${service.strategy}; only ${[...STRATEGIES].join(', ')} are supported`];
  }
  if (primaryOf(service) === undefined) return [`service "${name}" has no PRIMARY deployment to compare with`];
  return [];
};

/** The deployment that serves while the PRIMARY is still on its way or has failed: the best of the others. */
const servedBy = (service: Service, primary: Deployment): Deployment => {
  if (primary.rolloutState === 'COMPLETED' || isSteady(service, primary)) return primary;
  const others = service.deployments.filter(({ id, running }) => id !== primary.id && running > 0);
  return others.sort((a, b) => b.running - a.running)[0] ?? primary;
};

const versionChanges = (inputs: DeployInputs, target: Target, base: JsonObject): VariableChange[] => {
  const { version, versionVariable } = inputs;
  if (version === undefined || versionVariable === undefined) return [];
  const change = { name: versionVariable, value: version };
  if (target.container !== undefined) return [{ ...change, container: target.container }];
  const having = containersOf(base).filter(({ name }) => variableOf(base, versionVariable, name) !== undefined);
  if (target.images.size > 0 || having.length === 0) return [{ ...change, container: undefined }];
  return having.map(({ name }) => ({ ...change, container: name }));
};

const changesOf = (inputs: DeployInputs, target: Target, base: JsonObject): Changes => {
  const addressed = <T extends NamedVariable>(list: readonly T[]): T[] =>
    list.map((change) => ({ ...change, container: change.container ?? target.container }));
  return {
    images: target.images,
    variables: [...addressed(target.variables), ...versionChanges(inputs, target, base)],
    secrets: addressed(target.secrets),
    removals: addressed(target.removals),
  };
};

/** True when a whole existing revision is asked for, and nothing in it is to change. */
const isWhole = (target: Target): boolean =>
  target.definition.kind === 'reference' &&
  namesRevision(target.definition.reference) &&
  target.images.size === 0 &&
  [...target.variables, ...target.secrets, ...target.removals].length === 0;

interface Base {
  readonly body: JsonObject;
  readonly definition: TaskDefinition | undefined;
}

/** Tags that a file does not speak of stay; an empty list of them, which ECS refuses, means none. */
const withTags = (file: JsonObject, live: TaskDefinition): JsonObject => {
  const { tags, ...rest } = file;
  const kept = file.family === live.family ? live.tags : [];
  return registrationBody(rest, Array.isArray(tags) ? tags : kept);
};

const baseOf = async (ecs: Ecs, target: Target, live: TaskDefinition): Promise<Base> => {
  const { definition } = target;
  switch (definition.kind) {
    case 'live':
      return { body: registrationBody(live.body, live.tags), definition: live };
    case 'file':
      return { body: withTags(definition.body, live), definition: undefined };
    case 'reference': {
      const found = await ecs.describeTaskDefinition(definition.reference);
      return { body: registrationBody(found.body, found.tags), definition: found };
    }
  }
};

/** Nothing new is deployed: the definition is the one that is on its way. */
const planContinue = async (ecs: Ecs, target: Target, before: Service, change: ServiceChange, continued: Continued) => {
  const live = await ecs.describeTaskDefinition(continued.definition);
  const old = await ecs.describeTaskDefinition(continued.previous);
  const wanted: Wanted = { kind: 'existing', definition: live };
  const rest = { differences: [], warnings: [], action: 'continue' as const };
  return { target, before, live, old, wanted, change, continued, ...rest } satisfies ServicePlan;
};

/** Returns the plan of one service, or why there can be none. */
export const planService = async (
  inputs: DeployInputs,
  ecs: Ecs,
  target: Target,
  before: Service,
): Promise<ServicePlan | string[]> => {
  const change = await changeOf(ecs, inputs, target, before);
  const unfit = serviceProblems(inputs, target, before, change);
  if (unfit.length > 0) return unfit.map((problem) => `service "${target.service}": ${problem}`);
  if (target.strategy.continueHook !== undefined) {
    const continued = await findContinued(ecs, inputs.cluster, target, before, target.strategy.continueHook);
    if (typeof continued === 'string') return [`service "${target.service}": ${continued}`];
    return planContinue(ecs, target, before, change, continued);
  }
  const primary = primaryOf(before);
  if (primary === undefined) throw new OpsError({ what: `service "${target.service}" has no PRIMARY deployment.` });
  const served = servedBy(before, primary);
  const live = await ecs.describeTaskDefinition(primary.taskDefinition);
  const old = served.taskDefinition === live.arn ? live : await ecs.describeTaskDefinition(served.taskDefinition);
  const { target: asked, warnings: odd } = await previousRevision(inputs, ecs, target, live);
  const problems: string[] = [];
  const warnings: string[] = [...odd];
  const base = await baseOf(ecs, asked, live);
  let wanted: Wanted;
  if (isWhole(asked) && base.definition !== undefined) {
    wanted = { kind: 'existing', definition: base.definition };
    if (base.definition.status === 'INACTIVE') {
      problems.push(`${shortName(base.definition.arn)} is INACTIVE (deregistered) and cannot be deployed`);
    }
  } else {
    const rendered = renderTaskDefinition(base.body, changesOf(inputs, asked, base.body));
    problems.push(...rendered.problems);
    warnings.push(...rendered.warnings);
    const same = base.definition !== undefined && differences(base.definition.body, rendered.body).length === 0;
    wanted =
      same && base.definition
        ? { kind: 'existing', definition: base.definition }
        : { kind: 'register', body: rendered.body };
  }
  if (problems.length > 0) return problems.map((problem) => `service "${target.service}": ${problem}`);
  const body = wanted.kind === 'existing' ? wanted.definition.body : wanted.body;
  const found = differences(live.body, body);
  const { versionVariable } = inputs;
  const equal =
    isWhole(asked) && wanted.kind === 'existing'
      ? wanted.definition.arn === live.arn
      : found.every((difference) => versionVariable !== undefined && isVariable(difference, versionVariable));
  const settled =
    primary.rolloutState === 'COMPLETED' || (primary.rolloutState === undefined && isSteady(before, primary));
  // Once complete a deployment stays so, also when all of its tasks have died since: nothing serves.
  const isEmpty = primary.desired > 0 && primary.running === 0;
  let action: ServicePlan['action'] = 'deploy';
  const changes = change.differences.length > 0;
  if (equal && !inputs.force && primary.rolloutState !== 'FAILED') {
    action = !settled || isEmpty ? 'join' : changes ? 'settings' : 'none';
  }
  if (action !== 'deploy') wanted = { kind: 'existing', definition: live };
  const rest = { differences: found, action, warnings, continued: undefined };
  return { target: asked, before, live, old, wanted, change, ...rest } satisfies ServicePlan;
};

/**
 * Returns a plan per service, in the order of the inputs, after every read that can show that something is wrong. Throws
 * one InputError with all of it, before anything is changed.
 */
export const planRelease = async (inputs: DeployInputs, ecs: Ecs): Promise<ServicePlan[]> => {
  const names = inputs.targets.map(({ service }) => service);
  const { found, missing } = await ecs.describeServices(inputs.cluster, names);
  // AWS names what it does not find. What is neither found nor missing was not answered.
  const unanswered = names.filter((name) => !found.has(name) && !missing.includes(name));
  if (unanswered.length > 0) {
    throw new AwsError({
      what: `ecs:DescribeServices answered nothing about ${unanswered.map((name) => `service "${name}"`).join(', ')}.`,
      next: 'run this again; if it stays, check what answers at the configured endpoint.',
      operation: 'ecs:DescribeServices',
      code: 'EmptyAnswer',
    });
  }
  const refused = inputs.targets.flatMap(({ service }) => refusals(found.get(service), service, inputs.cluster));
  if (refused.length > 0) throw new InputError(refused);
  const plans = await Promise.all(
    inputs.targets.flatMap((target) => {
      const before = found.get(target.service);
      return before === undefined ? [] : [planService(inputs, ecs, target, before)];
    }),
  );
  const problems = plans.flatMap((plan) => (Array.isArray(plan) ? plan : []));
  if (problems.length > 0) throw new InputError(problems);
  return plans.flatMap((plan) => (Array.isArray(plan) ? [] : [plan]));
};
