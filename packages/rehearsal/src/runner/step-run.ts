import type { Scope, Value } from './expressions.ts';
import { evaluate, evaluateExpression, isTruthy, toText } from './expressions.ts';
import type { JobState } from './job-state.ts';
import type { Condition } from './plan.ts';
import { emit } from './run-context.ts';
import type { Conclusion, StepRef } from './run-events.ts';
import { createStepFiles, processStepFiles } from './step-files.ts';
import { StepLog } from './step-log.ts';
import type { Template } from './template.ts';
import { entriesOf } from './template.ts';

/** What a stage of a step is given to run. */
export interface StageContext {
  readonly scope: Scope;
  /** The step's part of the `github` context. */
  readonly github: Readonly<Record<string, Value>>;
  /** The `env` context: of workflow, job and step. */
  readonly env: ReadonlyMap<string, string>;
  readonly log: StepLog;
  readonly signal: AbortSignal;
  /** Takes a line that the step printed. */
  onLine(line: string): void;
}

/** A step, or the pre or post part of one. */
export interface StepTask {
  readonly id?: string;
  readonly uses?: string;
  /** The name as GitHub shows it, from the scope in which the step starts. */
  readonly name: (scope: Scope) => string;
  readonly condition: Condition;
  readonly env?: Template;
  readonly continueOnError?: Template;
  readonly timeoutMinutes?: Template;
  /** Only the main part shows in the `steps` context. */
  readonly main: boolean;
  /** GITHUB_ACTION and its like. */
  readonly github: Readonly<Record<string, Value>>;
  /** What earlier parts of this step saved; the stage adds to it. */
  readonly state: Map<string, string>;
  /** Returns whether it succeeded. An Error that it throws fails the step with its message. */
  execute(stage: StageContext): Promise<boolean>;
}

type AbortReason = 'timeout' | 'cancel';

/** A cancelled step is only told once it has said something, or after this time: it must be at work to be cancelled. */
const CANCEL_AT_LATEST_MS = 2_000;

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const stepName = (task: StepTask, scope: Scope): string => {
  try {
    return task.name(scope);
  } catch {
    return task.uses ?? task.id ?? 'Step';
  }
};

const stepEnv = (task: StepTask, job: JobState): Map<string, string> => {
  const scope = job.scope(task.github);
  const own = entriesOf(task.env).map(({ key, value }) => [key, toText(evaluate(value, scope))] as const);
  return new Map([...job.env, ...own]);
};

const minutesOf = (template: Template | undefined, scope: Scope): number =>
  template === undefined ? 0 : Math.trunc(Number(evaluate(template, scope)));

/** Aborts `controller` at the step's timeout, and when the job is cancelled and the step's condition no longer holds. */
const watch = (
  controller: AbortController,
  minutes: number,
  job: JobState,
  cancel: AbortSignal,
  holds: () => boolean,
) => {
  const abort = (reason: AbortReason) => controller.abort(reason);
  const onCancel = () => {
    job.status = 'cancelled';
    if (!holds()) abort('cancel');
  };
  const onKill = () => abort('cancel');
  const { killed, minuteMs } = job.run;
  const timer = minutes > 0 ? setTimeout(() => abort('timeout'), minutes * minuteMs) : undefined;
  if (!cancel.aborted) cancel.addEventListener('abort', onCancel, { once: true });
  killed.addEventListener('abort', onKill, { once: true });
  return () => {
    clearTimeout(timer);
    cancel.removeEventListener('abort', onCancel);
    killed.removeEventListener('abort', onKill);
  };
};

interface Executed {
  readonly outcome: Conclusion;
  readonly summary: string;
}

const execute = async (
  task: StepTask,
  ref: StepRef,
  job: JobState,
  log: StepLog,
  cancel: AbortSignal,
): Promise<Executed> => {
  const controller = new AbortController();
  const files = createStepFiles(job);
  const github = { ...task.github, ...files };
  const holdsNow = (env: ReadonlyMap<string, string>) => {
    const { expression, place } = task.condition;
    return isTruthy(evaluateExpression(expression, job.scope(github, env), place));
  };
  let outcome: Conclusion = 'success';
  let unwatch = () => {};
  let cancelTimer: NodeJS.Timeout | undefined;
  let told = false;
  const tellStart = () => {
    if (!told) emit(job.run, { type: 'step-started', job: job.facts.ref, step: ref });
    told = true;
  };
  try {
    const env = stepEnv(task, job);
    if (job.run.killed.aborted || !holdsNow(env)) return { outcome: 'skipped', summary: '' };
    tellStart();
    const scope = job.scope(github, env);
    const minutes = minutesOf(task.timeoutMinutes, scope);
    const holds = () => {
      try {
        return holdsNow(env);
      } catch {
        return false;
      }
    };
    unwatch = watch(controller, minutes, job, cancel, holds);
    const cancelRun = task.main ? job.run.cancelAt(job.facts.ref, job.facts.id, ref) : undefined;
    cancelTimer = cancelRun && setTimeout(cancelRun, CANCEL_AT_LATEST_MS);
    const onLine = (line: string) => {
      log.take(line);
      cancelRun?.();
    };
    const passed = await task.execute({ scope, github, env, log, signal: controller.signal, onLine });
    outcome = passed ? 'success' : 'failure';
    if (controller.signal.reason === 'timeout') {
      log.annotate('error', `The action '${ref.name}' has timed out after ${minutes} minutes.`);
      outcome = 'failure';
    }
  } catch (error) {
    tellStart();
    if (!controller.signal.aborted) log.annotate('error', messageOf(error));
    outcome = 'failure';
  } finally {
    unwatch();
    clearTimeout(cancelTimer);
  }
  const summary = processStepFiles(files, job, log);
  for (const [name, value] of log.state) task.state.set(name, value);
  if (log.commandFailed) outcome = 'failure';
  if (controller.signal.reason === 'cancel') {
    log.annotate('error', 'The operation was canceled.');
    outcome = 'cancelled';
  }
  return { outcome, summary };
};

const continues = (task: StepTask, job: JobState, log: StepLog): boolean => {
  if (task.continueOnError === undefined) return false;
  try {
    return isTruthy(evaluate(task.continueOnError, job.scope(task.github)));
  } catch (error) {
    log.annotate('error', messageOf(error));
    return false;
  }
};

/** Runs one step of a job, or skips it, and records how it ended. */
export const runStep = async (task: StepTask, job: JobState, cancel: AbortSignal): Promise<void> => {
  if (cancel.aborted) job.status = 'cancelled';
  const { ref: jobRef } = job.facts;
  const startedAt = job.run.now();
  const ref: StepRef = {
    number: job.results.length + 1,
    name: job.masker.mask(stepName(task, job.scope(task.github))),
    ...(task.id === undefined ? {} : { id: task.id }),
    ...(task.uses === undefined ? {} : { uses: task.uses }),
  };
  const log = new StepLog({
    masker: job.masker,
    now: job.run.now,
    line: (line) => emit(job.run, { type: 'log', job: jobRef, step: ref, text: line.text, kind: line.kind }),
    annotation: (annotation) => emit(job.run, { type: 'annotation', job: jobRef, step: ref, annotation }),
  });
  const { outcome, summary } = await execute(task, ref, job, log, cancel);
  const conclusion = outcome === 'failure' && continues(task, job, log) ? 'success' : outcome;
  if (conclusion === 'failure') job.status = 'failure';
  const outputs = Object.fromEntries(log.outputs);
  if (task.main && task.id !== undefined) job.steps.set(task.id, { outputs, outcome, conclusion });
  const shown = Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, job.masker.mask(value)]));
  const endedAt = job.run.now();
  const { annotations, lines } = log;
  job.results.push({
    ...ref,
    conclusion,
    outcome,
    startedAt,
    endedAt,
    outputs: shown,
    summary,
    annotations,
    log: lines,
  });
  emit(job.run, {
    type: 'step-finished',
    job: jobRef,
    step: ref,
    conclusion,
    outcome,
    durationMs: endedAt - startedAt,
    outputs: shown,
    summary,
  });
};
