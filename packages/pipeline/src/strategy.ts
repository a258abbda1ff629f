import { parseDuration } from '@hospital-ops/action-kit/duration';
import { parseDecimal } from '@hospital-ops/action-kit/numbers';
import type { Strategy } from './model.ts';
import type { Finding, Path } from './problem.ts';
import { formatPath } from './problem.ts';

type FillInside = <T extends string | undefined>(text: T, ...inside: Path) => T;

/** Returns the strategy with its placeholders filled by `fill`, which is told where in the strategy each text stands. */
export const resolveStrategy = (strategy: Strategy, fill: FillInside): Strategy => ({
  ...strategy,
  gateAlarms: strategy.gateAlarms.map((alarm, index) => fill(alarm, 'gate-alarms', index)),
  gateMetrics: strategy.gateMetrics.map((gate, index) => {
    const traffic = gate['minimum-traffic'];
    const at = ['gate-metrics', index] as const;
    return {
      ...gate,
      name: fill(gate.name, ...at, 'name'),
      expression: fill(gate.expression, ...at, 'expression'),
      ...(traffic && {
        'minimum-traffic': { ...traffic, expression: fill(traffic.expression, ...at, 'minimum-traffic', 'expression') },
      }),
    };
  }),
  canaryService: fill(strategy.canaryService, 'canary-service'),
  listenerRule: fill(strategy.listenerRule, 'listener-rule'),
  hooks: strategy.hooks?.map((hook, index) => ({
    ...hook,
    ...(hook.target !== undefined && { target: fill(hook.target, 'lifecycle-hooks', index, 'target') }),
    ...(hook.role !== undefined && { role: fill(hook.role, 'lifecycle-hooks', index, 'role') }),
  })),
});

/** Carried out by ECS in stages, which it counts in whole minutes, a day at most (API_DeploymentConfiguration). */
const STAGED: ReadonlySet<Strategy['type']> = new Set(['blue-green', 'linear', 'canary']);
const MAX_BAKE_S = 1440 * 60;

/** The least share of the traffic (API_CanaryConfiguration, API_LinearConfiguration), and ours for the weights of a rule. */
const LEAST: Partial<Record<Strategy['type'], number>> = { canary: 0.1, linear: 3, 'weighted-canary': 1 };

const percentProblem = (type: Strategy['type'], percent: string): string | undefined => {
  const least = LEAST[type];
  if (least === undefined) return `has no meaning for ${type}: it shifts all of the traffic at once`;
  const steps = percent.split(',').map((step) => parseDecimal(step.trim()) ?? Number.NaN);
  if (type !== 'weighted-canary') {
    if (steps.length > 1) return `is a list of steps, which only weighted-canary has`;
    return steps.every((step) => step >= least && step <= 100)
      ? undefined
      : `must be between ${least} and 100 for ${type}`;
  }
  if (!steps.every((step) => Number.isInteger(step) && step >= least && step <= 99))
    return 'must be whole numbers between 1 and 99 for weighted-canary, which ends at 100';
  return steps.every((step, index) => index === 0 || step > (steps[index - 1] ?? 0)) ? undefined : 'must rise';
};

const hookProblems = ({ type, hooks }: Strategy): ReadonlyArray<readonly [Path, string]> => {
  if (hooks === undefined) return [];
  if (!STAGED.has(type)) return [[['lifecycle-hooks'], `has no meaning for ${type}: only ECS's own stages have hooks`]];
  return hooks.flatMap((hook, index): Array<readonly [Path, string]> => {
    const at = ['lifecycle-hooks', index];
    const isLambda = (hook.type ?? (hook.target === undefined ? 'pause' : 'lambda')) === 'lambda';
    const seconds = hook.timeout === undefined ? undefined : parseDuration(String(hook.timeout));
    return [
      ...(isLambda && hook.target === undefined
        ? [[[...at, 'type'], 'is lambda: it needs `target`, the ARN of the function'] as const]
        : []),
      ...(seconds !== undefined && (seconds === 0 || seconds % 60 !== 0)
        ? [[[...at, 'timeout'], 'must be whole minutes, such as 30m'] as const]
        : []),
    ];
  });
};

/** Returns what in a strategy ecs-deploy would refuse, or would pass over, `at` being its place in the file. */
export const checkStrategy = (strategy: Strategy, at: Path): Finding[] => {
  const { type, percent, bakeTime, canaryService, listenerRule } = strategy;
  const problems: Array<readonly [Path, string]> = [];
  const wrong = percent === undefined ? undefined : percentProblem(type, percent);
  if (wrong !== undefined) problems.push([['percent'], wrong]);
  const bake = bakeTime === undefined ? undefined : parseDuration(bakeTime);
  if (STAGED.has(type) && bake !== undefined && bake % 60 !== 0)
    problems.push([['bake-time'], `is ${bakeTime}: ECS takes whole minutes for ${type}`]);
  if (bake !== undefined && bake > MAX_BAKE_S) problems.push([['bake-time'], `is ${bakeTime}: a day is the most`]);
  for (const [key, value] of [
    ['canary-service', canaryService],
    ['listener-rule', listenerRule],
  ] as const) {
    if (type === 'weighted-canary' && value === undefined)
      problems.push([[], `has no "${key}": weighted-canary needs it`]);
    if (type !== 'weighted-canary' && value !== undefined) problems.push([[key], 'is for weighted-canary only']);
  }
  return [...problems, ...hookProblems(strategy)].map(([inside, message]) => {
    const path = [...at, ...inside];
    return { path, message: `${formatPath(path)} ${message}`, ...(inside.length === 0 && { onKey: true }) };
  });
};
