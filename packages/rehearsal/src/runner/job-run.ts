import { rmSync } from 'node:fs';
import { actionNames } from './action-names.ts';
import type { Value } from './expressions.ts';
import { evaluate, evaluateText, toText } from './expressions.ts';
import type { JobFacts } from './job-state.ts';
import { JobState } from './job-state.ts';
import type { StepTask } from './perform-step.ts';
import type { PlannedJob, PlannedWorkflow } from './plan.ts';
import { endOrphans } from './processes.ts';
import type { RunContext } from './run-context.ts';
import { emit } from './run-context.ts';
import type { Annotation, Conclusion, EnvironmentRef, StepResult } from './run-events.ts';
import { serviceTasks } from './services/service-tasks.ts';
import { jobHost } from './step-host.ts';
import { runStep } from './step-run.ts';
import { stepTasks } from './step-tasks.ts';
import type { Template } from './template.ts';
import { entriesOf, find, literal } from './template.ts';
import { unsupported } from './workflow-error.ts';

export interface JobEnd {
  readonly conclusion: Conclusion;
  readonly outputs: Readonly<Record<string, string>>;
  readonly environment?: EnvironmentRef;
  readonly annotations: readonly Annotation[];
  readonly steps: readonly StepResult[];
}

/** Minutes that a job has without `timeout-minutes`. */
const DEFAULT_TIMEOUT = 360;

const evaluateEnv = (templates: ReadonlyArray<Template | undefined>, job: JobState): void => {
  for (const template of templates) {
    const scope = job.scope();
    for (const { key, value } of entriesOf(template)) job.env.set(key, toText(evaluate(value, scope)));
  }
};

/** Returns the name of the environment that a job declares, before its steps ran. */
export const environmentName = (
  template: Template | undefined,
  evaluateName: (template: Template) => string,
): string => {
  const name = template?.kind === 'mapping' ? find(template, 'name') : template;
  return name === undefined ? '' : evaluateName(name);
};

const environmentOf = (
  template: Template | undefined,
  job: JobState,
  url: string | undefined,
): EnvironmentRef | undefined => {
  const name = environmentName(template, (one) => evaluateText(one, job.scope()));
  if (name === '') return undefined;
  const deployment = literal(find(template, 'deployment')) !== 'false';
  return { name, deployment, ...(url ? { url } : {}) };
};

const checkLabels = (job: PlannedJob, state: JobState): void => {
  const { runsOn } = job.definition;
  const labels = runsOn === undefined ? [] : [evaluate(runsOn, state.scope())].flat();
  for (const label of labels) {
    if (typeof label === 'string' && /^(windows|macos)/i.test(label)) {
      throw unsupported(runsOn?.place ?? job.definition.place, `\`runs-on: ${label}\``, 'it has Linux runners');
    }
  }
};

/** Runs `body` while the job's service containers are up, between steps of their own as on GitHub. */
const withServices = async (
  job: PlannedJob,
  state: JobState,
  cancel: AbortSignal,
  body: () => Promise<void>,
): Promise<void> => {
  const { services, place } = job.definition;
  const tasks = serviceTasks(services, place, state);
  if (services.length === 0) return body();
  const host = jobHost(state);
  try {
    await runStep(tasks.start, host, cancel);
    await body();
  } finally {
    await runStep(tasks.stop, host, cancel);
  }
};

const runSteps = async (
  job: PlannedJob,
  workflow: PlannedWorkflow,
  state: JobState,
  cancel: AbortSignal,
): Promise<void> => {
  const posts: StepTask[] = [];
  const defaults = [job.definition.defaults, workflow.file.defaults];
  const names = actionNames(job.steps);
  const host = jobHost(state);
  const tasks = job.steps.map((step, index) =>
    stepTasks(step, names[index] ?? '', defaults, state, (task) => void posts.push(task)),
  );
  for (const { pre } of tasks) if (pre !== undefined) await runStep(pre, host, cancel);
  for (const { main } of tasks) await runStep(main, host, cancel);
  for (let post = posts.pop(); post !== undefined; post = posts.pop()) await runStep(post, host, cancel);
};

/** What goes from a job to others: empty outputs and those that hold a secret stay behind (JobExtension.cs). */
const jobOutputs = (job: PlannedJob, state: JobState, warn: (message: string) => void): Record<string, string> => {
  const outputs: Record<string, string> = {};
  for (const { key, value } of job.definition.outputs) {
    const text = evaluateText(value, state.scope());
    if (text === '') continue;
    if (state.masker.holdsSecret(text)) warn(`Skip output '${key}' since it may contain secret.`);
    else outputs[key] = text;
  }
  return outputs;
};

const environmentUrl = (
  template: Template | undefined,
  state: JobState,
  warn: (message: string) => void,
): string | undefined => {
  const url = find(template, 'url');
  if (url === undefined) return undefined;
  const text = evaluateText(url, state.scope());
  if (!state.masker.holdsSecret(text)) return text;
  warn('Skip setting environment url as it may contain secret.');
  return undefined;
};

const timeoutOf = (job: PlannedJob, state: JobState): number => {
  const { timeoutMinutes } = job.definition;
  const value: Value = timeoutMinutes === undefined ? DEFAULT_TIMEOUT : evaluate(timeoutMinutes, state.scope());
  return Math.trunc(Number(value)) || DEFAULT_TIMEOUT;
};

/** Runs the steps of one job in a folder of its own, and removes folder and left-over processes at its end. */
export const runJob = async (
  job: PlannedJob,
  workflow: PlannedWorkflow,
  facts: JobFacts,
  run: RunContext,
  canceller: AbortController,
): Promise<JobEnd> => {
  const state = new JobState(run, facts);
  const annotations: Annotation[] = [];
  const annotate = (level: Annotation['level'], text: string) => {
    const annotation = { level, message: state.masker.mask(text) };
    annotations.push(annotation);
    emit(run, { type: 'annotation', job: facts.ref, annotation });
  };
  const warn = (text: string) => annotate('warning', text);
  const { environment } = job.definition;
  let outputs: Record<string, string> = {};
  let place: EnvironmentRef | undefined;
  let timer: NodeJS.Timeout | undefined;
  try {
    place = environmentOf(environment, state, undefined);
    emit(run, { type: 'job-started', job: facts.ref, ...(place === undefined ? {} : { environment: place }) });
    checkLabels(job, state);
    evaluateEnv([workflow.file.env, job.definition.env], state);
    const minutes = timeoutOf(job, state);
    timer = setTimeout(() => {
      annotate('error', `The job has exceeded the maximum execution time of ${minutes} minutes.`);
      canceller.abort('timeout');
    }, minutes * run.minuteMs);
    const { signal } = canceller;
    await withServices(job, state, signal, () => runSteps(job, workflow, state, signal));
    if (canceller.signal.aborted) state.status = 'cancelled';
    outputs = jobOutputs(job, state, warn);
    place = environmentOf(environment, state, environmentUrl(environment, state, warn));
  } catch (error) {
    annotate('error', error instanceof Error ? error.message : String(error));
    state.status = 'failure';
  } finally {
    clearTimeout(timer);
    state.end();
    await endOrphans(state.trackingId);
    rmSync(state.folder, { recursive: true, force: true, maxRetries: 3 });
  }
  return {
    conclusion: state.status,
    outputs,
    ...(place === undefined ? {} : { environment: place }),
    annotations,
    steps: state.results,
  };
};
