import type { PlannedWorkflow } from './plan.ts';
import type { RunContext } from './run-context.ts';
import { literal } from './template.ts';
import { WorkflowError } from './workflow-error.ts';

const same = (a: string | undefined, b: string) => a?.toLowerCase() === b.toLowerCase();

/** Returns the names and ids that `cancelAt` may be, of all workflows that are called. */
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
export const checkCancelAt = (cancelAt: string | undefined, plan: PlannedWorkflow): void => {
  if (cancelAt === undefined) return;
  const names = stepNames(plan);
  if (names.some((name) => same(name, cancelAt) || cancelAt.toLowerCase().endsWith(`/${name.toLowerCase()}`))) return;
  throw new WorkflowError(
    plan.file.place,
    `There is no step "${cancelAt}" to cancel at; steps are ${[...new Set(names)].join(', ')}.`,
  );
};

/** Returns the run's `cancelAt`: what cancels the run, for the step that is meant and the first time alone. */
export const cancelAtStep = (
  cancelAt: string | undefined,
  cancel: (reason: string) => void,
): RunContext['cancelAt'] => {
  let done = false;
  return (job, jobId, step) => {
    if (cancelAt === undefined || done) return undefined;
    const steps = [step.id, step.name].filter((one) => one !== undefined);
    const jobs = [jobId, job.id, job.name];
    const meant = steps.some((one) => same(one, cancelAt) || jobs.some((owner) => same(`${owner}/${one}`, cancelAt)));
    if (!meant) return undefined;
    return () => {
      if (done) return;
      done = true;
      cancel(`Canceled at the step "${step.name}".`);
    };
  };
};
