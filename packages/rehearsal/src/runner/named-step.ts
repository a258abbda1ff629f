import type { PlannedWorkflow } from './plan.ts';
import type { RunContext } from './run-context.ts';
import type { JobRef, StepRef } from './run-events.ts';
import { literal } from './template.ts';
import { WorkflowError } from './workflow-error.ts';

const same = (a: string | undefined, b: string) => a?.toLowerCase() === b.toLowerCase();

/** Returns the names and ids that steps may be meant by, of all workflows that are called. */
const stepNames = (plan: PlannedWorkflow): string[] =>
  plan.jobs.flatMap((job) => [
    ...job.steps.flatMap(({ definition: { id, name, uses } }) =>
      [id, literal(name), name === undefined && uses !== undefined ? `Run ${uses.text}` : undefined].filter(
        (one) => one !== undefined,
      ),
    ),
    ...(job.called === undefined ? [] : stepNames(job.called)),
  ]);

/** Throws WorkflowError when no step of the plan can be meant. Names with expressions are not known before. */
export const checkNamedSteps = (named: readonly string[], plan: PlannedWorkflow): void => {
  const names = stepNames(plan);
  const isThere = (one: string) =>
    names.some((name) => same(name, one) || one.toLowerCase().endsWith(`/${name.toLowerCase()}`));
  const missing = named.find((one) => !isThere(one));
  if (missing === undefined) return;
  throw new WorkflowError(
    plan.file.place,
    `There is no step "${missing}"; steps are ${[...new Set(names)].join(', ')}.`,
  );
};

/** Whether a name or id, or `job/step`, means this step. */
const isMeant = (named: string, job: JobRef, jobId: string, step: StepRef): boolean => {
  const steps = [step.id, step.name].filter((one) => one !== undefined);
  // Whole names, and what is left of them without the jobs that call: `images (api)`, `Image (api)`.
  const jobs = [jobId, ...[job.id, job.name].flatMap((one) => [one, one.split(' / ').at(-1)])];
  return steps.some((one) => same(one, named) || jobs.some((owner) => same(`${owner}/${one}`, named)));
};

/** What a step says that was let fail. */
export const failedAsTold = (named: string): string =>
  `"${named}" failed as it was told to, in the place of what it does.`;

/** Returns the run's `failAt`: what a step that is meant says of its failure. */
export const failAtSteps =
  (named: readonly string[]): RunContext['failAt'] =>
  (job, jobId, step) => {
    const meant = named.find((one) => isMeant(one, job, jobId, step));
    return meant && failedAsTold(meant);
  };

/** Returns the run's `cancelAt`: what cancels the run, for the step that is meant and the first time alone. */
export const cancelAtStep = (
  cancelAt: string | undefined,
  cancel: (reason: string) => void,
): RunContext['cancelAt'] => {
  let done = false;
  return (job, jobId, step) => {
    if (cancelAt === undefined || done || !isMeant(cancelAt, job, jobId, step)) return undefined;
    return () => {
      if (done) return;
      done = true;
      cancel(`Canceled at the step "${step.name}".`);
    };
  };
};
