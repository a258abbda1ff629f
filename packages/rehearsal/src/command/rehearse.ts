import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FoundDocker } from '../engine/docker/find.ts';
import { withFaults } from '../engine/faults.ts';
import type { RunJob } from '../github/world.ts';
import type { Rehearsal } from '../report/model.ts';
import { placeReport } from '../report/place.ts';
import type { RunOptions } from '../runner/run-workflow.ts';
import { checkWorkflow, runWorkflow } from '../runner/run-workflow.ts';
import { createStandIns } from '../runner/stand-ins/table.ts';
import type { StandIns } from '../world/stand-ins.ts';
import { startStandIns } from '../world/stand-ins.ts';
import { sendVisitors } from '../world/visitors.ts';
import type { RehearseArguments } from './arguments.ts';
import { conclude } from './conclude.ts';
import type { Display } from './display.ts';
import type { Engines } from './engines.ts';
import { dockerEngines, processEngines } from './engines.ts';
import { FaultWatch, unplayedGuards, unplayedSteps } from './fault-watch.ts';
import { tryGit } from './git.ts';
import { JobBook } from './job-book.ts';
import { prepareWorld } from './prepare-world.ts';
import { createReviewers } from './reviewers.ts';
import type { Scene } from './scene.ts';
import { readScene } from './scene.ts';
import { makeSettings } from './secrets.ts';
import { strikeAws } from './strike-aws.ts';
import { strikeRollouts } from './strike-rollouts.ts';
import { trustRoles } from './trust-roles.ts';

export interface RehearseOptions {
  readonly args: RehearseArguments;
  /** The suite's repository, for the sample. */
  readonly root: string;
  /** The release tree whose actions and workflows are run. */
  readonly suite: string;
  readonly display: Display;
  /** Aborted when the user cancels. */
  readonly signal: AbortSignal;
  readonly databaseUrl: string | undefined;
  /** The Engine that builds and runs; undefined where a stand-in packs images and tasks are processes. */
  readonly docker?: FoundDocker | undefined;
  /** What runs the workflow; default this package's own runner. */
  readonly runner?: typeof runWorkflow;
  /** Called at the end, before anything is taken down: waits for as long as the user wants to look around. */
  linger?(env: Readonly<Record<string, string>>, result: RehearseResult): Promise<void>;
}

export interface RehearseResult {
  readonly rehearsal: Rehearsal;
  /** What the workflow claims and the world denies. */
  readonly findings: readonly string[];
  /** Faults that were asked for and found nothing to strike. */
  readonly unplayed: readonly string[];
  readonly reportFile: string;
}

const ACCOUNT = '123456789012';

/** Within the grace period of the world's services: slow is no failure. */
const SLOW_START_MS = 2_500;

/** Runs one rehearsal from start to end. Whatever happens, everything it started is ended and its folder removed. */
export const rehearse = async (options: RehearseOptions): Promise<RehearseResult> => {
  const temp = await realpath(await mkdtemp(join(tmpdir(), 'hospital-ops-rehearsal-')));
  try {
    return await rehearseIn(temp, options);
  } finally {
    await rm(temp, { recursive: true, force: true, maxRetries: 5 });
  }
};

const RUN_ID = 1_000_001;

const rehearseIn = async (temp: string, options: RehearseOptions): Promise<RehearseResult> => {
  const { args, display, root } = options;
  const scene = await readScene(args, root, temp);
  const token = `ghs_${crypto.randomUUID().replaceAll('-', '')}`;
  const engines = await (options.docker === undefined ? processEngines(temp) : dockerEngines(temp, options.docker));
  const run = runOptions(scene, options, engines, token, temp);
  await checkWorkflow(run);
  const reportFile = await placeReport(args.report);
  display.say(`${args.workflow} of ${scene.consumer.name}: ${scene.event.phrase}.`);

  const book = new JobBook();
  const faults = new FaultWatch();
  const standIns = await startScene(scene, { temp, engines, faults, book, token, databaseUrl: options.databaseUrl });
  try {
    const { consumer, event, environments } = scene;
    const isUnproved = scene.faults.guards.includes('unproved');
    const preparing = {
      temp,
      consumer,
      event,
      environments,
      isUnproved,
      standIns,
      engines,
      display,
      accountId: ACCOUNT,
    };
    const named = [scene.workflow.text, ...Object.values({ ...run.secrets, ...run.vars })];
    trustRoles(standIns.aws, named, consumer.name);
    const prepared = await prepareWorld(preparing);
    faults.arm(prepared.baselineImages);
    const startedAt = Date.now();
    const aws = strikeAws(standIns.aws, scene.faults.aws);
    const rollouts = await strikeRollouts(standIns.aws, environments, scene.faults.rollouts);
    const reviewers = createReviewers(args);
    const stopVisitors = sendVisitors(standIns.aws, environments);
    const result = await (options.runner ?? runWorkflow)({
      ...run,
      env: { ...standIns.env, ...engines.env },
      authority: standIns.authority,
      review: reviewers.review,
      listener: (one) => {
        book.onEvent(one);
        display.onEvent(one);
      },
    }).finally(() => {
      aws.stop();
      stopVisitors();
      return rollouts.stop();
    });
    await prepared.settle();
    const idle = [...scene.faults.containers.filter((fault) => !faults.struck(fault)), ...rollouts.unplayed()];
    const unplayed = [
      ...idle.map(({ target, name }) => `${target}:${name}`),
      ...aws.unplayed(),
      ...unplayedGuards(scene.faults.guards, result),
      ...unplayedSteps(scene.faults.steps, result),
    ];
    const notes = [...prepared.notes, ...reviewers.notes()];
    const concluded = await conclude({
      options,
      scene,
      standIns,
      prepared: { ...prepared, notes },
      result,
      startedAt,
      reportFile,
      unplayed,
    });
    await options.linger?.(standIns.env, concluded);
    return concluded;
  } finally {
    await standIns.close();
  }
};

const runOptions = (
  scene: Scene,
  { args, suite, signal }: RehearseOptions,
  engines: Engines,
  token: string,
  temp: string,
): RunOptions => {
  const { consumer, workflow, event, environments } = scene;
  const settings = makeSettings(workflow.text, ACCOUNT);
  const isOverridden = environments.some(({ freeze }) => freeze.length > 0) && !scene.faults.guards.includes('freeze');
  return {
    repository: consumer,
    workflow: workflow.path,
    event: {
      name: event.name,
      payload: event.payload,
      ...(event.changedFiles === undefined ? {} : { changedFiles: event.changedFiles }),
    },
    ref: event.ref,
    refType: event.refType,
    sha: event.sha,
    actor: 'rehearser',
    repositories: [{ name: /^[^/]+\/hospital-ops-actions$/, path: suite }],
    standIns: createStandIns(),
    services: engines.services,
    ...settings,
    // A rehearsal on a Friday night is a good idea; the window is told all the same.
    vars: { ...settings.vars, ...(isOverridden && { FREEZE_OVERRIDE: 'a rehearsal' }) },
    token,
    temp,
    runId: RUN_ID,
    signal,
    ...(args.cancelAt === undefined ? {} : { cancelAt: args.cancelAt }),
    failAt: scene.faults.steps,
  };
};

interface Starting {
  readonly temp: string;
  readonly engines: Engines;
  readonly faults: FaultWatch;
  readonly book: JobBook;
  readonly token: string;
  readonly databaseUrl: string | undefined;
}

const startScene = (scene: Scene, { temp, engines, faults, book, token, databaseUrl }: Starting): Promise<StandIns> => {
  const { consumer, environments } = scene;
  const services = environments.flatMap((environment) => [...environment.services.values()]);
  return startStandIns({
    temp,
    accountId: ACCOUNT,
    region: environments[0]?.region ?? 'us-east-1',
    bin: engines.bin,
    hosts: new Set(services.flatMap(({ url }) => (url === undefined ? [] : [new URL(url).host]))),
    databaseUrl,
    github: {
      repository: consumer.name,
      defaultBranch: consumer.defaultBranch,
      token,
      git: (...words) => tryGit(consumer.path, ...words),
      runId: RUN_ID,
      startedAt: Date.now(),
      jobs: (): readonly RunJob[] => book.jobs(),
      pullRequests: scene.event.pullRequest === undefined ? [] : [scene.event.pullRequest],
      now: () => Date.now(),
    },
    createEngine: (store, registryHost) =>
      withFaults(engines.createEngine(store, registryHost), {
        faults: scene.faults.containers,
        slowStartMs: SLOW_START_MS,
        isBaseline: (task) => faults.isBaseline(task),
      }),
  });
};
