/** The order of ECS's lifecycle stages (developer guide, "Lifecycle stages"). */
export const STAGES = [
  'RECONCILE_SERVICE',
  'PRE_SCALE_UP',
  'SCALE_UP',
  'POST_SCALE_UP',
  'TEST_TRAFFIC_SHIFT',
  'POST_TEST_TRAFFIC_SHIFT',
  'PRE_PRODUCTION_TRAFFIC_SHIFT',
  'PRODUCTION_TRAFFIC_SHIFT',
  'POST_PRODUCTION_TRAFFIC_SHIFT',
  'BAKE_TIME',
  'CLEAN_UP',
] as const;

const WITHOUT_HOOKS: ReadonlySet<string> = new Set(['SCALE_UP', 'BAKE_TIME', 'CLEAN_UP']);

/** Where a hook may stand (API_DeploymentLifecycleHook, `lifecycleStages`). */
export const HOOK_STAGES: readonly string[] = STAGES.filter((stage) => !WITHOUT_HOOKS.has(stage));

/** Returns a stage as the API spells it: `post-scale-up` is `POST_SCALE_UP`. */
export const stageOf = (text: unknown): string => String(text).toUpperCase().replaceAll('-', '_');
