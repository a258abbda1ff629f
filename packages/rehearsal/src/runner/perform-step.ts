import type { Scope, Value } from './expressions.ts';
import { evaluate, evaluateExpression, isTruthy, toText } from './expressions.ts';
import type { JobState } from './job-state.ts';
import type { Condition } from './plan-step.ts';
import type { Conclusion } from './run-events.ts';
import { createStepFiles, processStepFiles } from './step-files.ts';
import type { StepHost } from './step-host.ts';
import type { StepLog } from './step-log.ts';
import type { Template } from './template.ts';
import { entriesOf } from './template.ts';

/** What a stage of a step is given to run. */
export interface StageContext {
  readonly scope: Scope;
  /** The step's part of the `github` context. */
  readonly github: Readonly<Record<string, Value>>;
  /** The `env` context: of workflow, job and step. */
  readonly env: ReadonlyMap<string, string>;
  /** The step's own `env`. */
  readonly overrides: ReadonlyArray<readonly [name: string, value: string]>;
  readonly log: StepLog;
  readonly signal: AbortSignal;
  /** Aborted when the job is cancelled. */
  readonly cancel: AbortSignal;
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

/** Returns what the step's own `env` says. */
const ownEnv = (task: StepTask, host: StepHost): Array<readonly [string, string]> => {
  const scope = host.scope(task.github, host.env());
  return entriesOf(task.env).map(({ key, value }) => [key, toText(evaluate(value, scope))] as const);
};

const minutesOf = (template: Template | undefined, scope: Scope): number =>
  template === undefined ? 0 : Math.trunc(Number(evaluate(template, scope)));

export interface Performing {
  /** As the log shows it. */
  readonly name: string;
  readonly log: StepLog;
  /** Aborted when the job is cancelled. */
  readonly cancel: AbortSignal;
  /** The signal of the composite step around it. */
  readonly outer?: AbortSignal;
  /** Called once it is known that the step runs. */
  onStart?(): void;
  /** Cancels the run, for the step that it is to be cancelled at. */
  readonly cancelRun?: (() => void) | undefined;
  /** What the step fails with in the place of what it does. */
  readonly fault?: string | undefined;
}

/** Aborts `controller` at the step's timeout, and when the job is cancelled and the step's condition no longer holds. */
const watch = (
  controller: AbortController,
  minutes: number,
  job: JobState,
  { cancel, outer }: Pick<Performing, 'cancel' | 'outer'>,
  holds: () => boolean,
) => {
  const abort = (reason: AbortReason) => controller.abort(reason);
  const onCancel = () => {
    job.status = 'cancelled';
    if (!holds()) abort('cancel');
  };
  const onKill = () => abort('cancel');
  const onOuter = () => {
    if (outer?.reason === 'timeout') abort('timeout');
  };
  const { killed, minuteMs } = job.run;
  const timer = minutes > 0 ? setTimeout(() => abort('timeout'), minutes * minuteMs) : undefined;
  if (!cancel.aborted) cancel.addEventListener('abort', onCancel, { once: true });
  killed.addEventListener('abort', onKill, { once: true });
  outer?.addEventListener('abort', onOuter, { once: true });
  return () => {
    clearTimeout(timer);
    outer?.removeEventListener('abort', onOuter);
    cancel.removeEventListener('abort', onCancel);
    killed.removeEventListener('abort', onKill);
  };
};

interface Executed {
  readonly outcome: Conclusion;
  readonly summary: string;
}

const execute = async (task: StepTask, host: StepHost, performing: Performing): Promise<Executed> => {
  const { job } = host;
  const { log, cancelRun } = performing;
  const controller = new AbortController();
  const files = createStepFiles(job);
  const github = { ...host.github, ...task.github, ...files };
  const holdsNow = (env: ReadonlyMap<string, string>) => {
    const { expression, place } = task.condition;
    return isTruthy(evaluateExpression(expression, host.scope(github, env), place));
  };
  let outcome: Conclusion = 'success';
  let unwatch = () => {};
  let cancelTimer: NodeJS.Timeout | undefined;
  let told = false;
  const tellStart = () => {
    if (!told) performing.onStart?.();
    told = true;
  };
  try {
    const overrides = ownEnv(task, host);
    const env = new Map([...host.env(), ...overrides]);
    if (job.run.killed.aborted || !holdsNow(env)) return { outcome: 'skipped', summary: '' };
    tellStart();
    if (performing.fault !== undefined) throw new Error(performing.fault);
    const scope = host.scope(github, env);
    const minutes = minutesOf(task.timeoutMinutes, scope);
    const holds = () => {
      try {
        return holdsNow(env);
      } catch {
        return false;
      }
    };
    unwatch = watch(controller, minutes, job, performing, holds);
    cancelTimer = cancelRun && setTimeout(cancelRun, CANCEL_AT_LATEST_MS);
    const onLine = (line: string) => {
      log.take(line);
      cancelRun?.();
    };
    const passed = await task.execute({
      scope,
      github,
      env,
      overrides,
      log,
      signal: controller.signal,
      cancel: performing.cancel,
      onLine,
    });
    outcome = passed ? 'success' : 'failure';
    if (controller.signal.reason === 'timeout' && performing.outer?.reason === 'timeout') outcome = 'failure';
    else if (controller.signal.reason === 'timeout') {
      log.annotate('error', `The action '${performing.name}' has timed out after ${minutes} minutes.`);
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
  const summary = [...log.summaries, processStepFiles(files, job, log)].filter((one) => one !== '').join('\n');
  for (const [name, value] of log.state) task.state.set(name, value);
  if (log.commandFailed) outcome = 'failure';
  if (controller.signal.reason === 'cancel') {
    log.annotate('error', 'The operation was canceled.');
    outcome = 'cancelled';
  }
  return { outcome, summary };
};

const continues = (task: StepTask, host: StepHost, log: StepLog): boolean => {
  if (task.continueOnError === undefined) return false;
  try {
    return isTruthy(evaluate(task.continueOnError, host.scope(task.github, host.env())));
  } catch (error) {
    log.annotate('error', messageOf(error));
    return false;
  }
};

export interface Performed {
  readonly outcome: Conclusion;
  readonly conclusion: Conclusion;
  /** Markdown, masked. */
  readonly summary: string;
}

/** Runs one step in its host, or skips it, and tells the host how it ended. */
export const performStep = async (task: StepTask, host: StepHost, performing: Performing): Promise<Performed> => {
  const { job } = host;
  const { log } = performing;
  if (performing.cancel.aborted) job.status = 'cancelled';
  const { outcome, summary } = await execute(task, host, performing);
  const conclusion = outcome === 'failure' && continues(task, host, log) ? 'success' : outcome;
  host.ended(conclusion);
  if (task.main && task.id !== undefined) {
    host.steps.set(task.id, { outputs: Object.fromEntries(log.outputs), outcome, conclusion });
  }
  return { outcome, conclusion, summary };
};
