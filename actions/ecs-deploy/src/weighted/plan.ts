import { formatDuration } from '@hospital-ops/action-kit/duration';
import { causeOf, InputError } from '@hospital-ops/action-kit/errors';
import { differences } from '@hospital-ops/aws/ecs/compare';
import type { Service, TaskDefinition } from '@hospital-ops/aws/ecs/ports';
import { imagesOf } from '@hospital-ops/aws/ecs/task-definition';
import type { ListenerRule } from '@hospital-ops/aws/elbv2/ports';
import { awsErrorKind } from '@hospital-ops/aws/errors';
import type { Deps } from '../deps.ts';
import type { Target } from '../inputs/target.ts';
import type { DeployInputs } from '../inputs.ts';
import type { ServicePlan, WeightedPlan } from '../plan/plan.ts';
import { planService, refusals } from '../plan/plan.ts';
import { shareOf } from './steps.ts';

/** Returns the one target group of a service, or why it has not exactly one. */
const groupOf = (service: Service): string | { readonly problem: string } => {
  const groups = service.loadBalancers.flatMap(({ targetGroup }) => targetGroup ?? []);
  const [group] = groups;
  if (group !== undefined && groups.length === 1) return group;
  return {
    problem: `service "${service.name}" has ${groups.length} target groups; \`weighted-canary\` needs exactly one`,
  };
};

/** Why a rule cannot carry the weights of the two services; empty when it can. */
export const ruleProblems = (
  rule: ListenerRule,
  groups: { readonly mainGroup: string; readonly canaryGroup: string },
  hasRollbackTo: boolean,
): string[] => {
  const { mainGroup, canaryGroup } = groups;
  if (mainGroup === canaryGroup) return ['the service and its canary service have the same target group'];
  const share = shareOf(rule.groups, groups);
  const isAbout = [mainGroup, canaryGroup].every((arn) => rule.groups.some(({ targetGroup }) => targetGroup === arn));
  if (share === undefined && isAbout && rule.groups.length === 2) {
    return [
      `the weights of listener rule ${rule.arn} are all 0, so that every request fails; give ${mainGroup} a weight first`,
    ];
  }
  if (share === undefined) {
    const has = rule.groups.map(({ targetGroup }) => targetGroup).join(', ') || 'none';
    return [
      `listener rule ${rule.arn} must forward to exactly the two target groups of the services, ${mainGroup} and ${canaryGroup}; it forwards to ${has}`,
    ];
  }
  if (share === 0 || hasRollbackTo) return [];
  return [
    `the canary takes ${Math.round(share * 100) / 100} % of the traffic already: another release is on its way, or one was killed. If none is, run with \`rollback-to: previous\`, or set the weight of ${canaryGroup} in rule ${rule.arn} to 0`,
  ];
};

const timeProblems = ({ timeoutMs, waitUntil }: DeployInputs, { strategy }: Target, direct: boolean): string[] => {
  if (waitUntil.kind !== 'completed')
    return ['`weighted-canary` is watched to its end; leave `wait-until` at completed'];
  const least = strategy.bakeMs * (direct ? 1 : strategy.steps.length + 1);
  if (least < timeoutMs) return [];
  const [needs, has] = [least, timeoutMs].map((ms) => formatDuration(ms / 1000));
  return [
    `its bake times sum up to ${needs}, and \`timeout\` ends it after ${has}; give more time, bake less or take fewer steps`,
  ];
};

const bodyOf = ({ wanted }: ServicePlan) => (wanted.kind === 'existing' ? wanted.definition.body : wanted.body);

/** True when the two run the same images in their containers of the same name. */
const sameImages = (a: TaskDefinition, b: TaskDefinition): boolean => {
  const [left, right] = [imagesOf(a.body), imagesOf(b.body)];
  const shared = Object.keys(left).filter((name) => right[name] !== undefined);
  return shared.length > 0 && shared.every((name) => left[name] === right[name]);
};

/**
 * Returns the plan of the canary service. One that shares the family runs the very same revision. One with a family of
 * its own keeps its definition, and the same changes are rendered onto it.
 */
const planCanary = async (
  inputs: DeployInputs,
  { ecs }: Pick<Deps, 'ecs'>,
  main: ServicePlan,
  before: Service,
): Promise<ServicePlan | string[]> => {
  const { target } = main;
  const own: Target = {
    ...target,
    service: before.name,
    name: `${target.name} (canary)`,
    strategy: { ...target.strategy, strategy: undefined, canaryService: undefined, listenerRule: undefined },
    desiredCount: before.desired === 0 ? 1 : undefined,
    after: [],
  };
  const plain = { ...inputs, rollbackTo: undefined };
  const live = await planService(plain, ecs, { ...own, ...UNCHANGED }, before);
  if (Array.isArray(live)) return live;
  if (live.live.family === main.live.family) {
    const body = bodyOf(main);
    const found = differences(live.live.body, body);
    const { wanted } = main;
    const same = wanted.kind === 'existing' ? wanted.definition.arn === live.live.arn : found.length === 0;
    if (same && !inputs.force && live.action !== 'deploy') return live;
    return { ...live, wanted, differences: found, action: 'deploy' };
  }
  if (target.definition.kind === 'file') {
    return [
      `service "${before.name}" has a family of its own, ${live.live.family}; with \`task-definition\` from a file both services must share one`,
    ];
  }
  if (target.definition.kind === 'live') return planService(plain, ecs, own, before);
  const wanted = imagesOf(bodyOf(main));
  const names = Object.keys(imagesOf(live.live.body)).filter((name) => wanted[name] !== undefined);
  if (names.length === 0) {
    return [
      `service "${before.name}" has no container of the same name as service "${target.service}", so that nothing says which image it is to run`,
    ];
  }
  const images = new Map(names.map((name) => [name, wanted[name] ?? '']));
  return planService(plain, ecs, { ...own, definition: { kind: 'live' }, images }, before);
};

/** Asks for nothing but what runs now. */
const UNCHANGED = {
  images: new Map<string, string>(),
  definition: { kind: 'live' },
  variables: [],
  secrets: [],
  removals: [],
} as const;

const planOne = async (inputs: DeployInputs, deps: Deps, plan: ServicePlan): Promise<ServicePlan | string[]> => {
  const { canaryService, listenerRule } = plan.target.strategy;
  const { service } = plan.target;
  if (canaryService === undefined || listenerRule === undefined) return [`service "${service}": no canary is named`];
  if (canaryService === service) return [`service "${service}" cannot be its own canary service`];
  const before = (await deps.ecs.describeServices(inputs.cluster, [canaryService])).found.get(canaryService);
  const refused = [
    ...refusals(plan.before, service, inputs.cluster),
    ...refusals(before, canaryService, inputs.cluster),
  ];
  if (before === undefined || refused.length > 0) return refused;
  const direct = (plan.target.rollbackTo ?? inputs.rollbackTo) !== undefined;
  const problems = timeProblems(inputs, plan.target, direct);
  for (const each of [plan.before, before]) {
    if (each.controller !== 'ECS' || each.strategy !== 'ROLLING')
      problems.push(`service "${each.name}" must be deployed by ECS by rolling updates for \`weighted-canary\``);
  }
  const [mainGroup, canaryGroup] = [groupOf(plan.before), groupOf(before)];
  for (const group of [mainGroup, canaryGroup]) if (typeof group !== 'string') problems.push(group.problem);
  if (typeof mainGroup !== 'string' || typeof canaryGroup !== 'string') return problems;
  const rule = await readRule(deps, listenerRule);
  if (typeof rule === 'string') return [...problems, rule];
  problems.push(...ruleProblems(rule, { mainGroup, canaryGroup }, direct));
  const warnings = rule.sticky
    ? [
        `the listener rule keeps clients at their target group for ${rule.stickySeconds ?? 0}s: shares follow the weights only as those times end`,
      ]
    : [];
  const canary = await planCanary(inputs, deps, plan, before);
  if (Array.isArray(canary)) return [...problems, ...canary];
  if (problems.length > 0) return problems.map((problem) => `service "${service}": ${problem}`);
  const weighted: WeightedPlan = { canary, rule, mainGroup, canaryGroup, direct };
  return { ...plan, weighted, warnings: [...plan.warnings, ...warnings] };
};

/**
 * Returns the inputs with what `rollback-to: previous` means for a release that was killed while only the canary had the
 * new revision: the main service stays at what it runs. Its history would name the revision before that.
 */
export const resolveKilled = async (inputs: DeployInputs, deps: Deps): Promise<DeployInputs> => {
  if (inputs.rollbackTo !== 'previous') return inputs;
  const resolve = async (target: Target): Promise<Target> => {
    const { canaryService, listenerRule } = target.strategy;
    if (canaryService === undefined || listenerRule === undefined) return target;
    const { found } = await deps.ecs.describeServices(inputs.cluster, [target.service, canaryService]);
    const [main, canary] = [found.get(target.service)?.taskDefinition, found.get(canaryService)];
    const group = canary && groupOf(canary);
    if (main === undefined || canary?.taskDefinition === undefined || typeof group !== 'string') return target;
    const rule = await readRule(deps, listenerRule);
    const weight = typeof rule === 'string' ? 0 : rule.groups.find(({ targetGroup }) => targetGroup === group)?.weight;
    if (weight === undefined || weight === 0) return target;
    const [now, next] = await Promise.all(
      [main, canary.taskDefinition].map((arn) => deps.ecs.describeTaskDefinition(arn)),
    );
    if (now === undefined || next === undefined || sameImages(now, next)) return target;
    return { ...target, definition: { kind: 'reference', reference: now.arn } };
  };
  return { ...inputs, targets: await Promise.all(inputs.targets.map(resolve)) };
};

const readRule = async ({ loadBalancing }: Deps, arn: string): Promise<ListenerRule | string> => {
  try {
    return await loadBalancing.rule(arn);
  } catch (error) {
    if (awsErrorKind(error) === 'final') return causeOf(error);
    throw error;
  }
};

/**
 * Returns the plans, those of `weighted-canary` with what they need besides. Only reads; throws one InputError with
 * everything that stands against it.
 */
export const planWeighted = async (
  inputs: DeployInputs,
  deps: Deps,
  plans: readonly ServicePlan[],
): Promise<ServicePlan[]> => {
  const planned = await Promise.all(
    plans.map((plan) => (plan.target.strategy.strategy === 'weighted-canary' ? planOne(inputs, deps, plan) : plan)),
  );
  const problems = planned.flatMap((plan) => (Array.isArray(plan) ? plan : []));
  if (problems.length > 0) throw new InputError(problems);
  return planned.flatMap((plan) => (Array.isArray(plan) ? [] : [plan]));
};
