import { parseDuration } from '@hospital-ops/action-kit/duration';
import type { InputReader } from '@hospital-ops/action-kit/inputs';
import { isMap } from '@hospital-ops/action-kit/is-map';
import { HOOK_STAGES, stageOf } from './stages.ts';

/** A hook of ECS's own strategies (API_DeploymentLifecycleHook). */
export interface LifecycleHook {
  readonly type: 'pause' | 'lambda';
  /** As the API spells them: `POST_TEST_TRAFFIC_SHIFT`. */
  readonly stages: readonly string[];
  readonly target: string | undefined;
  readonly role: string | undefined;
  readonly timeoutMinutes: number | undefined;
  readonly onTimeout: 'rollback' | 'continue' | undefined;
}

const KEYS = ['stages', 'type', 'target', 'role', 'timeout', 'on-timeout'];

const parseHook = (entry: unknown, index: number, reader: InputReader): LifecycleHook[] => {
  const problem = (expected: string) => reader.problem('lifecycle-hooks', `entry ${index + 1}: ${expected}`);
  if (!isMap(entry)) {
    problem('expected a map with `stages` and `type`');
    return [];
  }
  for (const key of Object.keys(entry))
    if (!KEYS.includes(key)) problem(`"${key}" is not known; known are ${KEYS.join(', ')}`);
  const text = (key: string): string | undefined => {
    const value = entry[key];
    if (value === undefined || value === null || value === '') return undefined;
    return String(value);
  };
  const stages = (Array.isArray(entry.stages) ? entry.stages : [entry.stages]).filter(
    (stage) => typeof stage === 'string',
  );
  if (stages.length === 0) problem('`stages` must name at least one lifecycle stage');
  for (const stage of stages) {
    if (!HOOK_STAGES.includes(stageOf(stage)))
      problem(`"${String(stage)}" is no stage for hooks; there are ${HOOK_STAGES.join(', ')}`);
  }
  const type = text('type') ?? (text('target') === undefined ? 'pause' : 'lambda');
  if (type !== 'pause' && type !== 'lambda') problem('`type` must be pause or lambda');
  if (type === 'lambda' && text('target') === undefined)
    problem('a lambda hook needs `target`, the ARN of the function');
  const onTimeout = text('on-timeout');
  if (onTimeout !== undefined && onTimeout !== 'rollback' && onTimeout !== 'continue')
    problem('`on-timeout` must be rollback or continue');
  const timeout = text('timeout');
  const seconds = timeout === undefined ? undefined : parseDuration(timeout);
  if (timeout !== undefined && (seconds === undefined || seconds % 60 !== 0 || seconds === 0))
    problem('`timeout` must be whole minutes, such as 30m');
  return [
    {
      type: type === 'lambda' ? 'lambda' : 'pause',
      stages: stages.map(stageOf),
      target: text('target'),
      role: text('role'),
      timeoutMinutes: seconds === undefined ? undefined : seconds / 60,
      onTimeout: onTimeout === 'rollback' || onTimeout === 'continue' ? onTimeout : undefined,
    },
  ];
};

/** Reads `lifecycle-hooks`; undefined when the input is absent, so that the service keeps its own. */
export const parseHooks = (reader: InputReader): LifecycleHook[] | undefined => {
  const list = reader.structured('lifecycle-hooks');
  if (list === undefined) return undefined;
  if (!Array.isArray(list)) {
    reader.problem('lifecycle-hooks', 'expected a list');
    return undefined;
  }
  return list.flatMap((entry, index) => parseHook(entry, index, reader));
};
