import type {
  DeploymentConfiguration,
  DeploymentLifecycleHookStage,
  ServiceDeploymentLifecycleStage,
} from './client.ts';

/** The API reference names PRE_PRODUCTION_TRAFFIC_SHIFT among the stages, the SDK's enum does not have it. */
export type LifecycleStage = ServiceDeploymentLifecycleStage | 'PRE_PRODUCTION_TRAFFIC_SHIFT';

export type StageWork =
  | { readonly kind: 'pass' }
  /** What an interrupted deployment has left is taken away. */
  | { readonly kind: 'reconcile' }
  | { readonly kind: 'scale-up' }
  /** Whoever is gone back to has a task again, if it had lost them all. */
  | { readonly kind: 'recover' }
  | { readonly kind: 'test-traffic'; readonly percent: number }
  | { readonly kind: 'production-traffic'; readonly percent: number; readonly bakeMinutes: number }
  | { readonly kind: 'bake'; readonly minutes: number }
  | { readonly kind: 'clean-up' };

export interface StageStep {
  readonly stage: LifecycleStage;
  /** Undefined for stages that take no hooks (API_DeploymentLifecycleHook). */
  readonly hookStage: DeploymentLifecycleHookStage | undefined;
  readonly work: StageWork;
}

/** True for the strategies that go by lifecycle stages. */
export const isNative = (configuration: DeploymentConfiguration | undefined): boolean =>
  (configuration?.strategy ?? 'ROLLING') !== 'ROLLING';

/** Shares are multiples of 0.1; sums of them are not, in binary. */
const tenth = (value: number): number => Math.round(value * 10) / 10;

/**
 * Returns the percentages of production traffic in turn, with the minutes waited after each; the last is 100 and waits
 * for the deployment's own bake time only. Defaults: API_LinearConfiguration, API_CanaryConfiguration.
 */
export const trafficSteps = (
  configuration: DeploymentConfiguration | undefined,
): ReadonlyArray<{ readonly percent: number; readonly bakeMinutes: number }> => {
  const all = { percent: 100, bakeMinutes: 0 };
  if (configuration?.strategy === 'LINEAR') {
    const { stepPercent = 10, stepBakeTimeInMinutes: bakeMinutes = 6 } = configuration.linearConfiguration ?? {};
    const count = Math.ceil(1000 / Math.round(stepPercent * 10));
    const before = Array.from({ length: count - 1 }, (_, index) => ({
      percent: tenth(stepPercent * (index + 1)),
      bakeMinutes,
    }));
    return [...before.filter(({ percent }) => percent < 100), all];
  }
  if (configuration?.strategy === 'CANARY') {
    const { canaryPercent = 5, canaryBakeTimeInMinutes = 10 } = configuration.canaryConfiguration ?? {};
    return canaryPercent >= 100 ? [all] : [{ percent: canaryPercent, bakeMinutes: canaryBakeTimeInMinutes }, all];
  }
  return [all];
};

const step = (stage: LifecycleStage, work: StageWork = { kind: 'pass' }, hooks = true): StageStep => ({
  stage,
  hookStage: hooks ? (stage as DeploymentLifecycleHookStage) : undefined,
  work,
});

/**
 * Returns the steps of a deployment in order ("Amazon ECS blue/green service deployments workflow"). `sources` is how
 * many revisions are ACTIVE before it: RECONCILE_SERVICE comes only with more than one, and without any there is
 * nobody to leave a share of the traffic to, so all goes over at once (the latter has no source).
 */
export const planStages = (configuration: DeploymentConfiguration | undefined, sources: number): StageStep[] => [
  ...(sources > 1 ? [step('RECONCILE_SERVICE', { kind: 'reconcile' })] : []),
  step('PRE_SCALE_UP'),
  step('SCALE_UP', { kind: 'scale-up' }, false),
  step('POST_SCALE_UP'),
  step('TEST_TRAFFIC_SHIFT', { kind: 'test-traffic', percent: 100 }),
  step('POST_TEST_TRAFFIC_SHIFT'),
  ...(sources === 0 ? [{ percent: 100, bakeMinutes: 0 }] : trafficSteps(configuration)).flatMap((shift) => [
    step('PRE_PRODUCTION_TRAFFIC_SHIFT'),
    step('PRODUCTION_TRAFFIC_SHIFT', { kind: 'production-traffic', ...shift }),
  ]),
  step('POST_PRODUCTION_TRAFFIC_SHIFT'),
  step('BAKE_TIME', { kind: 'bake', minutes: configuration?.bakeTimeInMinutes ?? 0 }, false),
  step('CLEAN_UP', { kind: 'clean-up' }, false),
];

/** Returns the way back; its two traffic shifts run hooks again ("Lifecycle hooks for Amazon ECS service deployments"). */
export const planRollback = (): StageStep[] => [
  step('PRODUCTION_TRAFFIC_SHIFT', { kind: 'recover' }, false),
  step('PRODUCTION_TRAFFIC_SHIFT', { kind: 'production-traffic', percent: 0, bakeMinutes: 0 }),
  step('TEST_TRAFFIC_SHIFT', { kind: 'test-traffic', percent: 0 }),
  step('CLEAN_UP', { kind: 'clean-up' }, false),
];
