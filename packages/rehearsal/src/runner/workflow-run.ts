import { awaitReview } from './await-review.ts';
import { evaluate, evaluateText, isTruthy, toText } from './expressions.ts';
import type { Frame, JobSummary } from './frame.ts';
import { combine, isCancelled, jobScope } from './frame.ts';
import type { JobInstance } from './job-instance.ts';
import { annotateJob, claimOf, holds, watchCancellation, withinGroup } from './job-instance.ts';
import { record, without } from './job-record.ts';
import { environmentName, runJob } from './job-run.ts';
import type { Combination, Strategy } from './matrix.ts';
import { matrixSuffix, planStrategy } from './matrix.ts';
import type { PlannedJob, PlannedWorkflow } from './plan.ts';
import type { Conclusion, JobRef } from './run-events.ts';
import { entriesOf, find, literal } from './template.ts';
import { callInputs } from './workflow-inputs.ts';

const jobRef = (frame: Frame, job: PlannedJob, combination?: Combination, name?: string): JobRef => {
  const suffix = matrixSuffix(combination);
  const { definition } = job;
  const shown = name ?? definition.id;
  // A name that tells the jobs of a matrix apart itself gets no suffix.
  const own = definition.name?.kind === 'expression' ? shown : `${shown}${suffix}`;
  const { caller } = frame;
  return {
    id: `${caller === undefined ? '' : `${caller.id} / `}${definition.id}${suffix}`,
    name: `${caller === undefined ? '' : `${caller.name} / `}${own}`,
  };
};

/** Returns the secrets that a called workflow sees: all of its caller's, or the named ones. */
const calledSecrets = (instance: JobInstance): Record<string, string> => {
  const { frame, job, contexts } = instance;
  const secrets = job.definition.call?.secrets ?? [];
  if (secrets === 'inherit') return { ...frame.secrets };
  const scope = jobScope(frame, job.definition.id, contexts);
  return Object.fromEntries(secrets.map(({ key, value }) => [key, evaluateText(value, scope)]));
};

const callOutputs = (workflow: PlannedWorkflow, frame: Frame): Record<string, string> => {
  const scope = jobScope(frame, '', { jobs: Object.fromEntries(frame.summaries) });
  return Object.fromEntries(
    entriesOf(find(workflow.file.triggers.get('workflow_call'), 'outputs')).flatMap(({ key, value }) => {
      const template = find(value, 'value');
      const text = template === undefined ? '' : evaluateText(template, scope);
      return text === '' ? [] : [[key, text]];
    }),
  );
};

const runCalled = async (
  instance: JobInstance,
  called: PlannedWorkflow,
  held: ReadonlySet<string>,
): Promise<JobSummary> => {
  const { frame, job, contexts, canceller, ref } = instance;
  const callerScope = jobScope(frame, job.definition.id, contexts);
  const ownScope = { ...callerScope, contexts: { github: frame.run.github, vars: frame.run.vars } };
  const inner: Frame = {
    workflow: called,
    run: frame.run,
    inputs: callInputs(called.file, job.definition.call?.with ?? [], callerScope, ownScope),
    secrets: calledSecrets(instance),
    caller: ref,
    cancelled: canceller.signal,
    held,
    summaries: new Map(),
  };
  return runFrame(inner, canceller, (reason) => annotateJob(instance, reason));
};

/** Runs a workflow's jobs inside its own concurrency group. Returns how they ended and the workflow's outputs. */
export const runFrame = async (
  frame: Frame,
  canceller: AbortController,
  onCancel: (reason: string) => void,
): Promise<JobSummary> => {
  const claim = claimOf(frame.workflow.file.concurrency, jobScope(frame, ''));
  const summary = await withinGroup(claim, { frame, canceller }, onCancel, async (held) => {
    const inner = { ...frame, held };
    const conclusion = await runJobs(inner);
    return { result: conclusion, outputs: callOutputs(frame.workflow, inner) };
  });
  return summary ?? { result: 'cancelled', outputs: {} };
};

const runLeaf = async (instance: JobInstance): Promise<JobSummary> => {
  const { frame, job, ref, contexts, canceller } = instance;
  const { run, workflow } = frame;
  const name = environmentName(job.definition.environment, (template) =>
    evaluateText(template, jobScope(frame, job.definition.id, contexts)),
  );
  if (name !== '') {
    const refused = await awaitReview(instance, name);
    if (refused !== undefined) return refused;
  }
  const environment = run.environments[name];
  const { tree, path } = workflow;
  const scope = jobScope(frame, job.definition.id, contexts).contexts;
  const startedAt = run.now();
  const end = await runJob(
    job,
    workflow,
    {
      ref,
      id: job.definition.id,
      permissions: job.permissions,
      environment: name === '' ? undefined : name,
      contexts: {
        inputs: frame.inputs,
        needs: (scope.needs ?? {}) as Record<string, unknown>,
        strategy: (contexts.strategy ?? {}) as Record<string, unknown>,
        matrix: (contexts.matrix ?? {}) as Record<string, unknown>,
        secrets: { ...frame.secrets, ...environment?.secrets },
        vars: { ...run.vars, ...environment?.vars },
      },
      workflow: {
        ref: `${tree.repository}/${path}@${tree.ref}`,
        sha: tree.sha,
        repository: tree.repository,
        file_path: path,
      },
    },
    run,
    canceller,
  );
  record(instance, startedAt, end);
  return { result: end.conclusion, outputs: end.outputs };
};

const runInstance = async (instance: JobInstance): Promise<JobSummary> => {
  const { frame, job, contexts } = instance;
  const { run } = frame;
  const startedAt = run.now();
  const stopWatching = watchCancellation(instance);
  try {
    const scope = jobScope(frame, job.definition.id, contexts);
    const claim = claimOf(job.definition.concurrency, scope);
    const onCancel = (reason: string) => annotateJob(instance, reason);
    const summary = await withinGroup(claim, instance, onCancel, (held) =>
      job.called === undefined ? runLeaf(instance) : runCalled(instance, job.called, held),
    );
    if (summary !== undefined) return summary;
    record(instance, startedAt, without('cancelled'));
    return { result: 'cancelled', outputs: {} };
  } catch (error) {
    annotateJob(instance, error instanceof Error ? error.message : String(error));
    record(instance, startedAt, without('failure'));
    return { result: 'failure', outputs: {} };
  } finally {
    stopWatching();
  }
};

const isAllowedToFail = ({ frame, job, contexts }: JobInstance): boolean => {
  const { continueOnError, id } = job.definition;
  return continueOnError !== undefined && isTruthy(evaluate(continueOnError, jobScope(frame, id, contexts)));
};

const createInstance = (frame: Frame, job: PlannedJob, strategy: Strategy, index: number): JobInstance => {
  const combination = strategy.combinations[index];
  const { definition } = job;
  const contexts = {
    matrix: combination ?? {},
    strategy: {
      'fail-fast': strategy.failFast,
      'job-index': index,
      'job-total': strategy.combinations.length,
      'max-parallel': Number.isFinite(strategy.maxParallel) ? strategy.maxParallel : strategy.combinations.length,
    },
  };
  const name = definition.name && toText(evaluate(definition.name, jobScope(frame, definition.id, contexts)));
  const ref = jobRef(frame, job, combination, name || undefined);
  return { ref, job, frame, contexts, canceller: new AbortController(), annotations: [] };
};

/** Runs the jobs of a matrix, `max-parallel` at a time; with `fail-fast` the first that fails cancels the others. */
const runMatrix = async (instances: readonly JobInstance[], strategy: Strategy): Promise<JobSummary> => {
  const waiting = [...instances];
  const ended: JobSummary[] = [];
  const next = async (): Promise<void> => {
    for (let instance = waiting.shift(); instance !== undefined; instance = waiting.shift()) {
      const summary = instance.canceller.signal.aborted ? skipInstance(instance) : await runInstance(instance);
      const forgiven = summary.result === 'failure' && isAllowedToFail(instance);
      // A job that may fail counts as a success for those that need it.
      ended.push(forgiven ? { ...summary, result: 'success' } : summary);
      if (summary.result === 'failure' && !forgiven && strategy.failFast) {
        for (const other of instances) if (other !== instance) other.canceller.abort('cancel');
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(strategy.maxParallel, instances.length) }, next));
  // The last one that set a value wins (docs: reusing workflows, outputs of a matrix).
  const outputs = Object.assign({}, ...ended.map((summary) => summary.outputs));
  return { result: combine(ended.map((summary) => summary.result)), outputs };
};

const skipInstance = (instance: JobInstance): JobSummary => {
  record(instance, instance.frame.run.now(), without('cancelled'));
  return { result: 'cancelled', outputs: {} };
};

const plainInstance = (frame: Frame, job: PlannedJob): JobInstance => ({
  ref: jobRef(frame, job, undefined, literal(job.definition.name)),
  job,
  frame,
  contexts: {},
  canceller: new AbortController(),
  annotations: [],
});

const runPlannedJob = async (frame: Frame, job: PlannedJob): Promise<JobSummary> => {
  const startedAt = frame.run.now();
  const plain = plainInstance(frame, job);
  try {
    if (frame.run.killed.aborted || !holds(job, frame)) {
      // What waited for nothing but its turn was cancelled; what waited for a job that did not succeed is skipped.
      const needs = job.definition.needs.map((need) => frame.summaries.get(need)?.result);
      const stopped = isCancelled(frame) && needs.every((result) => result === 'success');
      const conclusion = stopped ? 'cancelled' : 'skipped';
      record(plain, startedAt, without(conclusion));
      return { result: conclusion, outputs: {} };
    }
    const { strategy: template, id } = job.definition;
    const strategy = planStrategy(template, jobScope(frame, id));
    return await runMatrix(
      strategy.combinations.map((_, index) => createInstance(frame, job, strategy, index)),
      strategy,
    );
  } catch (error) {
    annotateJob(plain, error instanceof Error ? error.message : String(error));
    record(plain, startedAt, without('failure'));
    return { result: 'failure', outputs: {} };
  }
};

/** Runs the jobs of a workflow, each as soon as those that it needs have ended. */
const runJobs = async (frame: Frame): Promise<Conclusion> => {
  const started = new Map<string, Promise<void>>();
  const start = (job: PlannedJob): Promise<void> => {
    const { id, needs } = job.definition;
    const known = started.get(id);
    if (known !== undefined) return known;
    const work = (async () => {
      await Promise.all(frame.workflow.jobs.filter((one) => needs.includes(one.definition.id)).map(start));
      frame.summaries.set(id, await runPlannedJob(frame, job));
    })();
    started.set(id, work);
    return work;
  };
  await Promise.all(frame.workflow.jobs.map(start));
  return combine([...frame.summaries.values()].map(({ result }) => result));
};
