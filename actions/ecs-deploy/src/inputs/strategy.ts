import type { InputReader } from '@hospital-ops/action-kit/inputs';
import { parseDecimal } from '@hospital-ops/action-kit/numbers';
import type { GateSettings } from './gates.ts';
import { parseGates } from './gates.ts';
import type { LifecycleHook } from './hooks.ts';
import { parseHooks } from './hooks.ts';
import { serviceNameIn } from './service-name.ts';

export const STRATEGIES = ['rolling', 'blue-green', 'linear', 'canary', 'weighted-canary'] as const;

export type StrategyName = (typeof STRATEGIES)[number];

/** How one service is brought out, as the inputs ask for it. */
export interface StrategySettings {
  /** Undefined: the service's own, whose settings then stay as they are. */
  readonly strategy: StrategyName | undefined;
  /** Percent of the traffic, rising; one number but for `weighted-canary`. */
  readonly steps: readonly number[];
  readonly bakeMs: number;
  readonly gates: GateSettings;
  readonly canaryService: string | undefined;
  readonly listenerRule: string | undefined;
  /** Undefined: the service keeps its hooks. */
  readonly hooks: readonly LifecycleHook[] | undefined;
  readonly continueHook: string | undefined;
  readonly codeDeploy: { readonly application: string | undefined; readonly group: string | undefined };
}

/** Strategies that ECS itself carries out in stages, and what it takes as a share (API_CanaryConfiguration, API_LinearConfiguration). */
const NATIVE: ReadonlySet<StrategyName> = new Set(['blue-green', 'linear', 'canary']);
const SHARES: Partial<Record<StrategyName, readonly [min: number, max: number]>> = {
  canary: [0.1, 100],
  linear: [3, 100],
};
/** `bakeTimeInMinutes` is at most a day (API_DeploymentConfiguration). */
const MAX_BAKE_S = 1440 * 60;

const parseSteps = (reader: InputReader, strategy: StrategyName | undefined): number[] => {
  const words = reader.words('canary-percent');
  const steps = words.map((word) => parseDecimal(word.replace(/%$/, '')) ?? Number.NaN);
  const bad = (expected: string) => reader.problem('canary-percent', expected, words.join(','));
  const [min, max] = (strategy && SHARES[strategy]) ?? [0.1, 100];
  if (steps.some((step) => !(step >= min && step <= max))) bad(`expected percent between ${min} and ${max}`);
  else if (steps.some((step, index) => index > 0 && step <= (steps[index - 1] ?? 0))) bad('the steps must rise');
  else if (steps.length > 1 && strategy !== 'weighted-canary') bad('a list of steps is for `weighted-canary` only');
  else if (strategy === 'weighted-canary' && steps.some((step) => !Number.isInteger(step) || step > 99))
    bad('the steps of `weighted-canary` are whole percent between 1 and 99; the release ends at 100');
  return steps;
};

/** Reads how one service is to be brought out; the same for single inputs and for an entry of `services`. */
export const parseStrategy = (reader: InputReader): StrategySettings => {
  const strategy = reader.oneOf('strategy', STRATEGIES);
  const bake = reader.duration('bake-time', { min: 0, max: MAX_BAKE_S }) ?? 0;
  if (strategy !== undefined && NATIVE.has(strategy) && bake % 60 !== 0)
    reader.problem('bake-time', `ECS takes whole minutes for \`${strategy}\``, reader.text('bake-time'));
  const givenCanary = reader.text('canary-service');
  const canaryService = givenCanary && serviceNameIn(givenCanary);
  const listenerRule = reader.text('listener-rule');
  for (const [name, value] of [
    ['canary-service', canaryService],
    ['listener-rule', listenerRule],
  ] as const) {
    if (strategy === 'weighted-canary' && value === undefined)
      reader.problem(name, 'is required for `weighted-canary`');
    if (strategy !== 'weighted-canary' && value !== undefined) reader.problem(name, 'is for `weighted-canary` only');
  }
  return {
    strategy,
    steps: parseSteps(reader, strategy),
    bakeMs: bake * 1000,
    gates: parseGates(reader),
    canaryService,
    listenerRule,
    hooks: parseHooks(reader),
    continueHook: reader.text('continue-hook'),
    codeDeploy: {
      application: reader.text('codedeploy-application'),
      group: reader.text('codedeploy-deployment-group'),
    },
  };
};
