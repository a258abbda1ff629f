import type { Scope, Value } from './expressions.ts';
import type { PlannedWorkflow } from './plan.ts';
import type { RunContext } from './run-context.ts';
import type { Conclusion, JobRef } from './run-events.ts';

/** How a job ended, as the jobs that need it see it. */
export interface JobSummary {
  readonly result: Conclusion;
  readonly outputs: Readonly<Record<string, string>>;
}

/** One workflow of a run: the one that the event started, or one that a job calls. */
export interface Frame {
  readonly workflow: PlannedWorkflow;
  readonly run: RunContext;
  readonly inputs: Readonly<Record<string, Value>>;
  readonly secrets: Readonly<Record<string, string>>;
  /** The calling job, undefined for the outermost workflow. */
  readonly caller: JobRef | undefined;
  /** Aborted when the calling job is cancelled. */
  readonly cancelled: AbortSignal;
  /** Concurrency groups that this workflow and its callers hold, in lower case. */
  readonly held: ReadonlySet<string>;
  readonly summaries: Map<string, JobSummary>;
}

/** Returns whether the user cancelled the run, or something the job that called this workflow. */
export const isCancelled = (frame: Frame): boolean => frame.run.cancelled.aborted || frame.cancelled.aborted;

/** Returns the ids of all jobs that `id` waits for, directly or not. */
const ancestorsOf = (frame: Frame, id: string): Set<string> => {
  const found = new Set<string>();
  const visit = (one: string) => {
    for (const need of frame.workflow.jobs.find((job) => job.definition.id === one)?.definition.needs ?? []) {
      if (!found.has(need)) {
        found.add(need);
        visit(need);
      }
    }
  };
  visit(id);
  return found;
};

/** Returns the scope of expressions of a job that are evaluated before it runs. */
export const jobScope = (frame: Frame, id: string, extra: Readonly<Record<string, Value>> = {}): Scope => {
  const needs = frame.workflow.jobs.find((job) => job.definition.id === id)?.definition.needs ?? [];
  const results = () => [...ancestorsOf(frame, id)].map((one) => frame.summaries.get(one)?.result);
  return {
    contexts: {
      github: frame.run.github,
      inputs: frame.inputs,
      vars: frame.run.vars,
      secrets: { ...frame.secrets, GITHUB_TOKEN: frame.run.token },
      needs: Object.fromEntries(needs.map((need) => [need, frame.summaries.get(need)])),
      ...extra,
    },
    functions: {
      // The whole chain counts: a job after a skipped one is skipped too, unless its condition says otherwise.
      success: () => !isCancelled(frame) && results().every((result) => result === 'success'),
      failure: () => !isCancelled(frame) && results().some((result) => result === 'failure'),
      cancelled: () => isCancelled(frame),
      always: () => true,
    },
  };
};

const WEIGHT: Record<Conclusion, number> = { success: 1, skipped: 0, cancelled: 2, failure: 3 };

/** Returns how several jobs together ended: the worst counts, and only if all were skipped they are skipped. */
export const combine = (conclusions: readonly Conclusion[]): Conclusion =>
  conclusions.reduce<Conclusion>((worst, one) => (WEIGHT[one] > WEIGHT[worst] ? one : worst), 'skipped');
