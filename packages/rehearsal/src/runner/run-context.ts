import type { ResultsServer } from '../results/results-server.ts';
import type { ConcurrencyGroups } from './concurrency.ts';
import type { Value } from './expressions.ts';
import type { JobAuthority } from './job-authority.ts';
import type { PlanContext } from './plan-step.ts';
import type { Grace } from './processes.ts';
import type { Tree } from './references.ts';
import type { JobRef, JobResult, Listener, RunEvent, StepRef } from './run-events.ts';

/**
 * Returns who approved a job for an environment, or rejected it; undefined when the environment has no reviewers. May wait.
 */
export type Review = (
  environment: string,
  job: JobRef,
) => Promise<{ readonly approved: boolean; readonly by: string } | undefined>;

type Untimed<E> = E extends unknown ? Omit<E, 'time'> : never;
export type UntimedEvent = Untimed<RunEvent>;

/** Folders of one run, all below the caller's `temp`. */
export interface RunFolders {
  readonly root: string;
  /** Artifacts and caches. */
  readonly store: string;
  readonly eventFile: string;
}

/** What all jobs of a run share. */
export interface RunContext {
  readonly tree: Tree;
  /** What references are resolved with. */
  readonly plan: PlanContext;
  /** The parts of the `github` context that are the same for all jobs. */
  readonly github: Readonly<Record<string, Value>>;
  readonly token: string;
  /** What gives jobs tokens of their own; without it all have the run's. */
  readonly authority: JobAuthority | undefined;
  /** The service of caches and artifacts. */
  readonly resultsService: ResultsServer;
  /** Asks the reviewers of environments; without it none has any. */
  readonly review: Review | undefined;
  readonly secrets: Readonly<Record<string, string>>;
  readonly vars: Readonly<Record<string, string>>;
  readonly environments: Readonly<
    Record<
      string,
      { readonly secrets?: Readonly<Record<string, string>>; readonly vars?: Readonly<Record<string, string>> }
    >
  >;
  /** Process environment of every step beside what GitHub sets. */
  readonly env: Readonly<Record<string, string>>;
  readonly nodePath: string;
  readonly folders: RunFolders;
  readonly groups: ConcurrencyGroups;
  readonly grace: Grace;
  /** How long a minute of `timeout-minutes` lasts, in milliseconds. */
  readonly minuteMs: number;
  readonly results: JobResult[];
  /** Aborted when the user cancels the run. */
  readonly cancelled: AbortSignal;
  /** Aborted when the time that a cancelled run has for its `always()` steps is over. */
  readonly killed: AbortSignal;
  readonly listener: Listener | undefined;
  repositoryPath(name: string): string | undefined;
  now(): number;
  /** Returns a function that cancels the run when this step is the one to cancel at. */
  cancelAt(job: JobRef, jobId: string, step: StepRef): (() => void) | undefined;
  /** Returns what this step says, when it is one that is to fail. */
  failAt(job: JobRef, jobId: string, step: StepRef): string | undefined;
}

/** Tells the listener of a run what has happened now. */
export const emit = (run: RunContext, event: UntimedEvent): void =>
  run.listener?.({ ...event, time: run.now() } as RunEvent);
