import type { InputReader, RawInputs, ReadWorkspaceFile } from '@hospital-ops/action-kit/inputs';
import { parseInputs } from '@hospital-ops/action-kit/inputs';
import { STAGES, stageOf } from './inputs/stages.ts';
import type { Target } from './inputs/target.ts';
import { parseTargets } from './inputs/target.ts';

export type Reaction = 'rollback' | 'leave';

/** When the step may end: at the end of the deployment, at once, or when ECS has reached a stage. */
export type WaitUntil =
  | { readonly kind: 'completed' }
  | { readonly kind: 'started' }
  | { readonly kind: 'stage'; readonly stage: string };

export interface DeployInputs {
  readonly cluster: string;
  readonly targets: readonly Target[];
  /** True when `service` was used: single outputs then hold one value. */
  readonly single: boolean;
  readonly version: string | undefined;
  readonly versionVariable: string | undefined;
  readonly waitUntil: WaitUntil;
  readonly timeoutMs: number;
  readonly onFailure: Reaction;
  readonly onTimeout: Reaction;
  readonly onCancel: Reaction;
  readonly maxFailedTasks: number;
  readonly maxParallel: number;
  readonly force: boolean;
  readonly rollbackTo: string | undefined;
  readonly verify: boolean;
  readonly dryRun: boolean;
}

const parseWaitUntil = (reader: InputReader): WaitUntil => {
  const value = reader.text('wait-until') ?? 'completed';
  if (value === 'completed' || value === 'started') return { kind: value };
  const stage = STAGES.find((one) => one === stageOf(value));
  if (stage !== undefined) return { kind: 'stage', stage };
  reader.problem('wait-until', `expected completed, started or a lifecycle stage (${STAGES.join(', ')})`, value);
  return { kind: 'completed' };
};

const parseRollbackTo = (reader: InputReader, targets: readonly Target[]): string | undefined => {
  const rollbackTo = reader.text('rollback-to');
  if (rollbackTo === undefined) return undefined;
  if (rollbackTo !== 'previous' && targets.length > 1) {
    reader.problem('rollback-to', 'for many services only `previous` has a meaning', rollbackTo);
  }
  if (!/^(previous|\d+|.+:\d+)$/.test(rollbackTo)) {
    reader.problem('rollback-to', 'expected previous, a revision number, family:revision or an ARN', rollbackTo);
  }
  if (targets.some(({ images, definition }) => images.size > 0 || definition.kind !== 'live')) {
    reader.problem('rollback-to', 'takes a whole revision; images and task definitions cannot be given with it');
  }
  return rollbackTo;
};

/** Returns the typed inputs, or throws one InputError with every problem. */
export const parseDeployInputs = (raw: RawInputs, readFile: ReadWorkspaceFile): DeployInputs =>
  parseInputs(raw, readFile, (reader) => {
    const targets = parseTargets(reader, raw, readFile);
    const reactions = ['rollback', 'leave'] as const;
    return {
      cluster: reader.required('cluster'),
      targets,
      single: raw.has('service'),
      version: reader.text('version'),
      versionVariable: reader.text('version-variable'),
      waitUntil: parseWaitUntil(reader),
      timeoutMs: (reader.duration('timeout', { min: 1 }) ?? 0) * 1000,
      onFailure: reader.oneOf('on-failure', reactions) ?? 'rollback',
      onTimeout: reader.oneOf('on-timeout', reactions) ?? 'rollback',
      onCancel: reader.oneOf('on-cancel', reactions) ?? 'rollback',
      maxFailedTasks: reader.integer('max-failed-tasks', { min: 0 }) ?? 0,
      maxParallel: reader.integer('max-parallel', { min: 1 }) ?? 1,
      force: reader.bool('force-new-deployment'),
      rollbackTo: parseRollbackTo(reader, targets),
      verify: reader.bool('verify'),
      dryRun: reader.bool('dry-run'),
    };
  });
