import type { Scope } from './expressions.ts';
import type { StepTask } from './perform-step.ts';
import { performStep } from './perform-step.ts';
import { emit } from './run-context.ts';
import type { StepRef } from './run-events.ts';
import type { StepHost } from './step-host.ts';
import { StepLog } from './step-log.ts';

const stepName = (task: StepTask, scope: Scope): string => {
  try {
    return task.name(scope);
  } catch {
    return task.uses ?? task.id ?? 'Step';
  }
};

/** Runs one step of a job, or skips it, and records how it ended. */
export const runStep = async (task: StepTask, host: StepHost, cancel: AbortSignal): Promise<void> => {
  const { job } = host;
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
  const { outcome, conclusion, summary } = await performStep(task, host, {
    name: ref.name,
    log,
    cancel,
    onStart: () => emit(job.run, { type: 'step-started', job: jobRef, step: ref }),
    cancelRun: task.main ? job.run.cancelAt(jobRef, job.facts.id, ref) : undefined,
    fault: task.main ? job.run.failAt(jobRef, job.facts.id, ref) : undefined,
  });
  const shown = Object.fromEntries([...log.outputs].map(([name, value]) => [name, job.masker.mask(value)]));
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
