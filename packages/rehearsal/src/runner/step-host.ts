import type { Scope, Value } from './expressions.ts';
import type { JobState, StepOutcome } from './job-state.ts';
import type { Conclusion } from './run-events.ts';

/** What steps stand in: a job, or a composite action. */
export interface StepHost {
  readonly job: JobState;
  /** The part of the `github` context that is the host's. */
  readonly github: Readonly<Record<string, Value>>;
  /** How the steps with an id ended. */
  readonly steps: Map<string, StepOutcome>;
  /** The environment before a step's own `env`. */
  env(): ReadonlyMap<string, string>;
  scope(github: Readonly<Record<string, Value>>, env: ReadonlyMap<string, string>): Scope;
  /** Takes how a step ended. */
  ended(conclusion: Conclusion): void;
}

/** Returns the job as what its steps stand in. */
export const jobHost = (job: JobState): StepHost => ({
  job,
  github: {},
  steps: job.steps,
  env: () => job.env,
  scope: (github, env) => job.scope(github, env),
  ended: (conclusion) => {
    if (conclusion === 'failure') job.status = 'failure';
  },
});

export type CompositePart = 'pre' | 'main' | 'post';

/** Returns a composite action as what its steps stand in: its own inputs, steps and status, the job's environment. */
export const compositeHost = (
  outer: { readonly job: JobState; readonly github: Readonly<Record<string, Value>> },
  inputs: Readonly<Record<string, Value>>,
  /** What the `env` of the composite step, and of those around it, says. */
  overrides: ReadonlyMap<string, string>,
  part: CompositePart,
): StepHost & { readonly status: () => Conclusion } => {
  const { job, github } = outer;
  const steps: StepHost['steps'] = new Map();
  let status: Conclusion = 'success';
  // What an `always()` step calls after a cancellation runs all the same.
  const startedCancelled = job.status === 'cancelled';
  return {
    job,
    github,
    steps,
    env: () => new Map([...job.env, ...overrides]),
    scope: (own, env) => {
      const { contexts, functions } = job.scope({ ...github, ...own }, env);
      // Neither secrets nor needs nor variables reach an action (docs: contexts, "Context availability").
      const { github: whole, strategy, matrix, job: jobContext, runner } = contexts;
      return {
        contexts: {
          github: { ...(whole as Record<string, Value>), action_status: status },
          strategy,
          matrix,
          runner,
          job: jobContext,
          env: new Map(env),
          inputs,
          steps: Object.fromEntries(steps),
        },
        // The action's own steps count in its main part, the job elsewhere (actions/runner, SuccessFunction.cs).
        functions:
          part === 'main'
            ? {
                ...functions,
                success: () => status === 'success' && (startedCancelled || job.status !== 'cancelled'),
                failure: () => status === 'failure',
              }
            : functions,
      };
    },
    ended: (conclusion) => {
      if (conclusion === 'cancelled') status = 'cancelled';
      else if (conclusion === 'failure' && status === 'success') status = 'failure';
    },
    status: () => status,
  };
};
