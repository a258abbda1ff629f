import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ResultsServer } from '../results/results-server.ts';
import { startResults } from '../results/results-server.ts';
import { ConcurrencyGroups } from './concurrency.ts';
import type { Value } from './expressions.ts';
import { evaluateText } from './expressions.ts';
import type { Frame } from './frame.ts';
import { githubContext } from './github-context.ts';
import type { JobAuthority } from './job-authority.ts';
import { cancelAtStep, checkNamedSteps, failAtSteps } from './named-step.ts';
import type { PlannedWorkflow } from './plan.ts';
import { planRun } from './plan.ts';
import type { PlanContext } from './plan-step.ts';
import type { Grace } from './processes.ts';
import { RUNNER_GRACE } from './processes.ts';
import type { RepositoryEntry, Tree } from './references.ts';
import { findTree } from './references.ts';
import type { Review, RunContext, RunFolders } from './run-context.ts';
import { emit } from './run-context.ts';
import type { Conclusion, JobResult, Listener, WorkflowResult } from './run-events.ts';
import { processServices } from './services/process-services.ts';
import type { ServiceEngine } from './services/service-engine.ts';
import type { StandIn } from './stand-in.ts';
import { checkTrigger } from './triggers.ts';
import { dispatchInputs } from './workflow-inputs.ts';
import { runFrame } from './workflow-run.ts';

export interface RunOptions {
  /** The repository that the run belongs to; `path` is its working tree at `sha`. */
  readonly repository: { readonly path: string /** `owner/name`. */; readonly name: string };
  /** Path of the workflow file in the repository. */
  readonly workflow: string;
  readonly event: {
    readonly name: string;
    readonly payload: Readonly<Record<string, unknown>>;
    /** For `paths` filters; without it they are refused. */
    readonly changedFiles?: readonly string[];
  };
  /** Full ref: `refs/tags/v1.1.0`. */
  readonly ref: string;
  readonly refType: 'branch' | 'tag';
  readonly sha: string;
  readonly actor: string;
  /** Where other repositories lie on this machine. */
  readonly repositories: readonly RepositoryEntry[];
  readonly standIns: readonly StandIn[];
  /** What runs service containers; default PostgreSQL and Redis as processes of this machine. */
  readonly services?: ServiceEngine;
  readonly secrets?: Readonly<Record<string, string>>;
  readonly vars?: Readonly<Record<string, string>>;
  /** Secrets and variables of environments, by name. */
  readonly environments?: RunContext['environments'];
  /** Process environment of every step: AWS_ENDPOINT_URL, HTTPS_PROXY, PATH and so on. */
  readonly env?: Readonly<Record<string, string>>;
  /** The job token; default a random one. It is masked. */
  readonly token?: string;
  /** What gives jobs tokens of their own; without it all have the run's. */
  readonly authority?: JobAuthority;
  /** Asks the reviewers of environments; without it none has any. */
  readonly review?: Review;
  /** An existing folder; the run makes one of its own in it and removes it at the end. */
  readonly temp: string;
  /** The Node 24 binary that actions run on; default that of this process. */
  readonly nodePath?: string;
  readonly runId?: number;
  readonly runNumber?: number;
  readonly listener?: Listener;
  /** Aborted when the user cancels the run. */
  readonly signal?: AbortSignal;
  /** Name or id of a step, or `job/step`, that the run is cancelled at once it is at work. */
  readonly cancelAt?: string;
  /** Steps by the same names that fail in the place of what they do. */
  readonly failAt?: readonly string[];
  /** Shared by runs that may hold each other up; default groups of this run's own. */
  readonly groups?: ConcurrencyGroups;
  /** How long a cancelled process has; default the runner's 7.5 s after SIGINT and 2.5 s after SIGTERM. */
  readonly grace?: Grace;
  /** Milliseconds of a minute of `timeout-minutes`; default 60,000. */
  readonly minuteMs?: number;
}

/** What a cancelled run has left for its `always()` steps, in minutes (docs: canceling a workflow run). */
const CANCEL_TIMEOUT_MINUTES = 5;

/** PATH as the steps get it: Node 24 first, and nothing of the packages that this process itself was started with. */
const pathFor = (nodePath: string, path: string): string =>
  [
    dirname(nodePath),
    ...path.split(':').filter((one) => !/\/node_modules\/(\.bin|npm\/|@npmcli\/)/.test(`${one}/`)),
  ].join(':');

const planContext = ({ repositories, standIns, services = processServices }: RunOptions): PlanContext => ({
  repositories,
  standIns,
  services,
});

const eventInputs = (plan: PlannedWorkflow, options: RunOptions): Record<string, Value> =>
  options.event.name === 'workflow_dispatch' ? dispatchInputs(plan.file, options.event.payload) : {};

const conclude = (
  results: readonly JobResult[],
  result: Conclusion,
  cancelled: boolean,
): WorkflowResult['conclusion'] => {
  if (cancelled && results.some(({ conclusion }) => conclusion === 'cancelled')) return 'cancelled';
  return result === 'skipped' ? 'success' : result;
};

const makeFolders = (temp: string, payload: unknown): RunFolders => {
  const root = mkdtempSync(join(temp, 'run-'));
  const folders = { root, store: join(root, 'store'), eventFile: join(root, 'event.json') };
  mkdirSync(folders.store);
  writeFileSync(folders.eventFile, JSON.stringify(payload, null, 2));
  return folders;
};

const createRun = (
  options: RunOptions,
  plan: PlannedWorkflow,
  tree: Tree,
  folders: RunFolders,
  resultsService: ResultsServer,
  canceller: AbortController,
  killer: AbortController,
): RunContext => {
  const { env = {}, nodePath = process.execPath, token = `ghs_${randomBytes(18).toString('hex')}` } = options;
  const run: RunContext = {
    tree,
    plan: planContext(options),
    github: githubContext({
      repository: tree.repository,
      event: options.event,
      ref: options.ref,
      refType: options.refType,
      sha: options.sha,
      actor: options.actor,
      workflowName: plan.file.name,
      workflowPath: plan.path,
      token,
      runId: options.runId ?? 1_000_001,
      runNumber: options.runNumber ?? 1,
      eventFile: folders.eventFile,
      env,
    }),
    token,
    authority: options.authority,
    resultsService,
    review: options.review,
    secrets: options.secrets ?? {},
    vars: options.vars ?? {},
    environments: options.environments ?? {},
    env: { ...env, PATH: pathFor(nodePath, env.PATH ?? process.env.PATH ?? '/usr/bin:/bin') },
    nodePath,
    folders,
    groups: options.groups ?? new ConcurrencyGroups(),
    grace: options.grace ?? RUNNER_GRACE,
    minuteMs: options.minuteMs ?? 60_000,
    results: [],
    cancelled: canceller.signal,
    killed: killer.signal,
    listener: options.listener,
    repositoryPath: (name) =>
      name.toLowerCase() === tree.repository.toLowerCase() ? tree.path : findTree(name, '', options.repositories)?.path,
    now: () => Date.now(),
    cancelAt: cancelAtStep(options.cancelAt, (reason) => canceller.abort(reason)),
    failAt: failAtSteps(options.failAt ?? []),
  };
  return run;
};

/** What the run is called in the list of runs; empty where GitHub takes the event's own words. */
const runTitle = ({ file }: PlannedWorkflow, { github, vars }: RunContext, inputs: Record<string, Value>): string =>
  file.runName === undefined ? '' : evaluateText(file.runName, { contexts: { github, vars, inputs }, functions: {} });

interface Checked {
  readonly tree: Tree;
  readonly plan: PlannedWorkflow;
  readonly inputs: Record<string, Value>;
}

/** Resolves and checks everything that a run would use, without running anything. Throws WorkflowError. */
export const checkWorkflow = async (options: RunOptions): Promise<Checked> => {
  const { repository, ref, refType, sha } = options;
  const tree: Tree = { repository: repository.name, path: repository.path, ref, sha, own: true };
  const plan = await planRun(options.workflow, tree, planContext(options));
  checkTrigger(plan.file, { ...options.event, ref, refType });
  checkNamedSteps([options.cancelAt ?? [], options.failAt ?? []].flat(), plan);
  return { tree, plan, inputs: eventInputs(plan, options) };
};

/**
 * Runs a workflow file as GitHub would for an event, with real processes, and resolves when all its jobs have ended.
 * Throws WorkflowError, before anything runs, when the workflow cannot run here. Nothing is left running, and no file
 * outside of `temp`.
 */
export const runWorkflow = async (options: RunOptions): Promise<WorkflowResult> => {
  const { tree, plan, inputs } = await checkWorkflow(options);
  const canceller = new AbortController();
  const killer = new AbortController();
  const folders = makeFolders(options.temp, options.event.payload);
  const results = await startResults(join(folders.store, 'results'));
  const run = createRun(options, plan, tree, folders, results, canceller, killer);
  let killTimer: NodeJS.Timeout | undefined;
  canceller.signal.addEventListener('abort', () => {
    emit(run, { type: 'run-cancelled', reason: String(canceller.signal.reason) });
    killTimer = setTimeout(() => killer.abort('cancel'), CANCEL_TIMEOUT_MINUTES * run.minuteMs);
  });
  const byUser = () => canceller.abort('The run was canceled.');
  if (options.signal?.aborted) byUser();
  options.signal?.addEventListener('abort', byUser, { once: true });
  try {
    const jobs = plan.jobs.map(({ definition: { id } }) => ({ id, name: id }));
    emit(run, { type: 'run-started', workflow: plan.file.name, jobs, title: runTitle(plan, run, inputs) });
    const frame: Frame = {
      workflow: plan,
      run,
      inputs,
      secrets: run.secrets,
      caller: undefined,
      cancelled: new AbortController().signal,
      held: new Set(),
      summaries: new Map(),
    };
    const { result, outputs } = await runFrame(frame, canceller, () => {});
    const conclusion = conclude(run.results, result, canceller.signal.aborted);
    emit(run, { type: 'run-finished', conclusion });
    return { conclusion, outputs, jobs: run.results };
  } finally {
    options.signal?.removeEventListener('abort', byUser);
    clearTimeout(killTimer);
    await results.close();
    rmSync(folders.root, { recursive: true, force: true, maxRetries: 3 });
  }
};
