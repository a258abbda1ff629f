import type { Claim, Contender } from './concurrency.ts';
import type { Scope, Value } from './expressions.ts';
import { evaluate, evaluateExpression, isTruthy, toText } from './expressions.ts';
import type { Frame } from './frame.ts';
import { jobScope } from './frame.ts';
import type { PlannedJob } from './plan.ts';
import { emit } from './run-context.ts';
import type { Annotation, JobRef } from './run-events.ts';
import type { Template } from './template.ts';
import { find } from './template.ts';
import { WorkflowError } from './workflow-error.ts';

/** One job of a job's matrix, or the job itself, with the switch that cancels it. */
export interface JobInstance {
  readonly ref: JobRef;
  readonly job: PlannedJob;
  readonly frame: Frame;
  readonly contexts: Readonly<Record<string, Value>>;
  readonly canceller: AbortController;
  readonly annotations: Annotation[];
}

/** Tells what went wrong with a job outside of its steps. */
export const annotateJob = (instance: JobInstance, message: string, level: Annotation['level'] = 'error'): void => {
  const annotation: Annotation = { level, message };
  instance.annotations.push(annotation);
  emit(instance.frame.run, { type: 'annotation', job: instance.ref, annotation });
};

/** Returns whether a job's condition holds now. */
export const holds = (job: PlannedJob, frame: Frame): boolean => {
  const { expression, place } = job.condition;
  return isTruthy(evaluateExpression(expression, jobScope(frame, job.definition.id), place));
};

/**
 * Cancels the instance when its caller is cancelled, and when the user cancels the run unless its condition still holds
 * (`if: always()`), as GitHub evaluates it again. Returns a function that ends the watch.
 */
export const watchCancellation = (instance: JobInstance): (() => void) => {
  const { frame, job, canceller } = instance;
  const byUser = () => {
    let stays = false;
    try {
      stays = holds(job, frame);
    } catch {
      // A condition that cannot be evaluated protects nothing.
    }
    if (!stays) canceller.abort('cancel');
  };
  const byCaller = () => canceller.abort('cancel');
  const pairs = [
    [frame.run.cancelled, byUser],
    [frame.cancelled, byCaller],
  ] as const;
  for (const [signal, listener] of pairs) {
    if (!signal.aborted) signal.addEventListener('abort', listener, { once: true });
  }
  return () => {
    for (const [signal, listener] of pairs) signal.removeEventListener('abort', listener);
  };
};

/** Returns what a `concurrency:` claims, undefined without one. */
export const claimOf = (template: Template | undefined, scope: Scope): Claim | undefined => {
  if (template === undefined) return undefined;
  const detailed = template.kind === 'mapping';
  const groupTemplate = detailed ? find(template, 'group') : template;
  const group = groupTemplate === undefined ? '' : toText(evaluate(groupTemplate, scope));
  if (group === '') return undefined;
  const setting = (key: string) => {
    const value = detailed ? find(template, key) : undefined;
    return value === undefined ? undefined : evaluate(value, scope);
  };
  const cancelInProgress = isTruthy(setting('cancel-in-progress'));
  const queue = setting('queue') === 'max' ? 'max' : 'single';
  if (cancelInProgress && queue === 'max') {
    throw new WorkflowError(template.place, '`queue: max` and `cancel-in-progress: true` exclude each other.');
  }
  return { group, cancelInProgress, queue };
};

/** Runs `body` while the claim's group is held. A group that a caller holds already can never become free: cancelled. */
export const withinGroup = async <T>(
  claim: Claim | undefined,
  instance: Pick<JobInstance, 'frame' | 'canceller'>,
  onCancel: (reason: string) => void,
  body: (held: ReadonlySet<string>) => Promise<T>,
): Promise<T | undefined> => {
  const { frame, canceller } = instance;
  if (claim === undefined) return body(frame.held);
  if (frame.held.has(claim.group.toLowerCase())) {
    onCancel(
      `Canceling since a deadlock for concurrency group '${claim.group}' was detected between this job and its caller`,
    );
    return undefined;
  }
  const { groups } = frame.run;
  const contender: Contender = {
    cancel: (reason) => {
      onCancel(reason);
      canceller.abort('cancel');
    },
  };
  const withdraw = () => groups.withdraw(claim.group, contender);
  canceller.signal.addEventListener('abort', withdraw, { once: true });
  try {
    if (canceller.signal.aborted || !(await groups.enter(claim, contender))) return undefined;
    return await body(new Set([...frame.held, claim.group.toLowerCase()]));
  } finally {
    canceller.signal.removeEventListener('abort', withdraw);
    groups.leave(claim.group, contender);
  }
};
