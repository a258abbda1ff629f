/** How a step, a job or a run ended. */
export type Conclusion = 'success' | 'failure' | 'cancelled' | 'skipped';

export interface Annotation {
  readonly level: 'notice' | 'warning' | 'error';
  readonly message: string;
  readonly title?: string;
  readonly file?: string;
  readonly line?: number;
}

export interface JobRef {
  /** Unique in the run: job ids from the outermost caller inward, with matrix values: `deploy / test (24)`. */
  readonly id: string;
  /** As GitHub shows it: `Production / Release`. */
  readonly name: string;
}

export interface StepRef {
  /** 1-based within the job, `pre` and `post` steps counted. */
  readonly number: number;
  readonly name: string;
  /** The `id:` of the step. */
  readonly id?: string;
  readonly uses?: string;
}

export interface EnvironmentRef {
  readonly name: string;
  readonly url?: string;
  /** False with `deployment: false`: GitHub then makes no deployment record. */
  readonly deployment: boolean;
}

export type LogKind = 'text' | 'command' | 'group' | 'endgroup' | 'notice' | 'warning' | 'error';

/** What happens in a run, as it happens. `time` is in milliseconds since the epoch; all text is masked. */
export type RunEvent = { readonly time: number } & (
  | {
      readonly type: 'run-started';
      readonly workflow: string;
      readonly jobs: readonly JobRef[] /** `run-name`, else empty. */;
      readonly title: string;
    }
  | { readonly type: 'job-started'; readonly job: JobRef; readonly environment?: EnvironmentRef }
  | { readonly type: 'step-started'; readonly job: JobRef; readonly step: StepRef }
  | {
      readonly type: 'log';
      readonly job: JobRef;
      readonly step?: StepRef;
      /** Masked, without terminal escapes. */
      readonly text: string;
      readonly kind: LogKind;
    }
  | { readonly type: 'annotation'; readonly job: JobRef; readonly step?: StepRef; readonly annotation: Annotation }
  | {
      readonly type: 'step-finished';
      readonly job: JobRef;
      readonly step: StepRef;
      /** After `continue-on-error`. */
      readonly conclusion: Conclusion;
      /** Before `continue-on-error`. */
      readonly outcome: Conclusion;
      readonly durationMs: number;
      readonly outputs: Readonly<Record<string, string>>;
      readonly summary: string;
    }
  | {
      readonly type: 'job-finished';
      readonly job: JobRef;
      readonly conclusion: Conclusion;
      readonly outputs: Readonly<Record<string, string>>;
      readonly environment?: EnvironmentRef;
    }
  | { readonly type: 'run-cancelled'; readonly reason: string }
  | { readonly type: 'run-finished'; readonly conclusion: Exclude<Conclusion, 'skipped'> }
);

export interface LogLine {
  readonly time: number;
  readonly text: string;
  readonly kind: LogKind;
}

export interface StepResult extends StepRef {
  readonly conclusion: Conclusion;
  readonly outcome: Conclusion;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly outputs: Readonly<Record<string, string>>;
  /** Markdown, masked. */
  readonly summary: string;
  readonly annotations: readonly Annotation[];
  readonly log: readonly LogLine[];
}

export interface JobResult extends JobRef {
  readonly conclusion: Conclusion;
  /** Ids of the jobs that this one waited for, in the form of `id`. */
  readonly needs: readonly string[];
  readonly startedAt: number;
  readonly endedAt: number;
  readonly outputs: Readonly<Record<string, string>>;
  readonly environment?: EnvironmentRef;
  /** What went wrong outside of the steps. */
  readonly annotations: readonly Annotation[];
  readonly steps: readonly StepResult[];
}

export interface WorkflowResult {
  readonly conclusion: Exclude<Conclusion, 'skipped'>;
  /** The workflow's own outputs, when it is one that is called (`workflow_call`). */
  readonly outputs: Readonly<Record<string, string>>;
  readonly jobs: readonly JobResult[];
}

export type Listener = (event: RunEvent) => void;
