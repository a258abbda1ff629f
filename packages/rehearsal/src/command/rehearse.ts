import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { FoundDocker } from '../engine/docker/find.ts';
import { withFaults } from '../engine/faults.ts';
import type { RunJob } from '../github/world.ts';
import { renderReport } from '../report/html.ts';
import type { Rehearsal } from '../report/model.ts';
import type { RunEvent, WorkflowResult } from '../runner/run-events.ts';
import { runWorkflow } from '../runner/run-workflow.ts';
import { createStandIns } from '../runner/stand-ins/table.ts';
import { startStandIns } from '../world/stand-ins.ts';
import type { RehearseArguments } from './arguments.ts';
import { auditFailure, auditSuccess } from './audit.ts';
import type { Consumer } from './consumer.ts';
import { cloneConsumer, makeSample } from './consumer.ts';
import type { Display } from './display.ts';
import { dockerEngines, processEngines } from './engines.ts';
import type { RehearsedEvent } from './event.ts';
import { defaultEvent, payloadEvent, tagEvent } from './event.ts';
import type { FaultPlan } from './faults.ts';
import { parseFaults } from './faults.ts';
import { tryGit } from './git.ts';
import { JobBook } from './job-book.ts';
import { environmentsOf, readConsumerWorkflow, readPipeline } from './pipeline-of.ts';
import { prepareWorld } from './prepare-world.ts';
import { callRecords, deploymentRecords, jobRecords } from './records.ts';
import { makeSettings } from './secrets.ts';
import { sentenceFor } from './sentence.ts';
import { strikeAws } from './strike-aws.ts';
import { lookAround } from './truth.ts';

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
  /** Called at the end, before anything is taken down: waits for as long as the user wants to look around. */
  linger?(env: Readonly<Record<string, string>>): Promise<void>;
}

export interface RehearseResult {
  readonly rehearsal: Rehearsal;
  /** What the workflow claims and the world denies. */
  readonly findings: readonly string[];
  readonly reportFile: string;
}

const ACCOUNT = '123456789012';

/** Within the grace period of the world's services: slow is no failure. */
const SLOW_START_MS = 2_500;

const eventOf = async (args: RehearseArguments, consumer: Consumer, workflow: unknown): Promise<RehearsedEvent> => {
  if (args.tag !== undefined) return tagEvent(consumer, args.tag);
  if (args.event === undefined) return defaultEvent(consumer, workflow);
  let payload: unknown;
  try {
    payload = JSON.parse(await readFile(args.event, 'utf8'));
  } catch (error) {
    throw new Error(
      `the event file ${args.event} cannot be read as JSON: ${error instanceof Error ? error.message : error}`,
    );
  }
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) {
    throw new Error(`the event file ${args.event} holds no JSON object.`);
  }
  return payloadEvent(consumer, payload as Record<string, unknown>);
};

/** Runs one rehearsal from start to end. Whatever happens, everything it started is ended and its folder removed. */
export const rehearse = async (options: RehearseOptions): Promise<RehearseResult> => {
  const temp = await realpath(await mkdtemp(join(tmpdir(), 'hospital-ops-rehearsal-')));
  try {
    return await rehearseIn(temp, options);
  } finally {
    await rm(temp, { recursive: true, force: true, maxRetries: 5 });
  }
};

const rehearseIn = async (temp: string, options: RehearseOptions): Promise<RehearseResult> => {
  const { args, display, root, signal } = options;
  const consumer =
    args.repo === undefined
      ? await makeSample(join(root, 'test', 'fixtures'), temp)
      : await cloneConsumer(resolve(args.repo), temp);
  const workflow = readConsumerWorkflow(consumer.path, args.workflow);
  const pipeline = readPipeline(consumer.path);
  const faults = parseFaults(args.faults, [...pipeline.services.keys()]);
  const event = await eventOf(args, consumer, workflow.content);
  const version = event.refType === 'tag' ? event.ref.replace(/^refs\/tags\/v?/, '') : event.sha.slice(0, 7);
  const environments = environmentsOf(pipeline, workflow.content, { sha: event.sha, version });
  const region = environments[0]?.region ?? 'us-east-1';
  display.say(`${args.workflow} of ${consumer.name}: ${event.phrase}.`);

  const book = new JobBook();
  const engines = await (options.docker === undefined ? processEngines(temp) : dockerEngines(temp, options.docker));
  const settings = makeSettings(workflow.text, ACCOUNT);
  const token = `ghs_${crypto.randomUUID().replaceAll('-', '')}`;
  // Nothing goes wrong before the release, nor afterwards with what ran before it.
  let baselineImages: ReadonlySet<string> | undefined;
  const hosts = new Set(
    environments.flatMap((e) =>
      [...e.services.values()].flatMap(({ url }) => (url === undefined ? [] : [new URL(url).host])),
    ),
  );
  const standIns = await startStandIns({
    temp,
    accountId: ACCOUNT,
    region,
    bin: engines.bin,
    hosts,
    databaseUrl: options.databaseUrl,
    github: {
      repository: consumer.name,
      defaultBranch: consumer.defaultBranch,
      token,
      git: (...words) => tryGit(consumer.path, ...words),
      runId: 1_000_001,
      jobs: (): readonly RunJob[] => book.jobs(),
      pullRequests: [],
      now: () => Date.now(),
    },
    createEngine: (store, registryHost) =>
      withFaults(engines.createEngine(store, registryHost), {
        faults: faults.containers,
        slowStartMs: SLOW_START_MS,
        isBaseline: ({ containers }) => containers.every(({ image }) => baselineImages?.has(image) ?? true),
        healthPaths: environments.flatMap((e) =>
          [...e.services.values()].flatMap(({ smoke: [check] }) =>
            check === undefined ? [] : [new URL(check.url).pathname],
          ),
        ),
      }),
  });
  try {
    const prepared = await prepareWorld({
      temp,
      consumer,
      event,
      environments,
      standIns,
      engines,
      display,
      accountId: ACCOUNT,
    });
    baselineImages = new Set(prepared.baselineImages);
    const startedAt = Date.now();
    const stopFaults = strikeAws(standIns.aws, faults.aws);
    let result: WorkflowResult;
    try {
      result = await runWorkflow({
        repository: consumer,
        workflow: workflow.path,
        event: { name: event.name, payload: event.payload },
        ref: event.ref,
        refType: event.refType,
        sha: event.sha,
        actor: 'rehearser',
        repositories: [{ name: /^[^/]+\/hospital-ops-actions$/, path: options.suite }],
        standIns: createStandIns(),
        ...settings,
        env: { ...standIns.env, ...engines.env },
        token,
        temp,
        runId: 1_000_001,
        signal,
        ...(args.cancelAt === undefined ? {} : { cancelAt: args.cancelAt }),
        listener: (one: RunEvent) => {
          book.onEvent(one);
          display.onEvent(one);
        },
      });
    } finally {
      stopFaults();
    }
    await prepared.settle();
    return await conclude({
      options,
      temp,
      consumer,
      event,
      version,
      environments,
      faults,
      standIns,
      result,
      startedAt,
      prepared,
    });
  } finally {
    await standIns.close();
  }
};

interface Ended {
  readonly options: RehearseOptions;
  readonly temp: string;
  readonly consumer: Consumer;
  readonly event: RehearsedEvent;
  readonly version: string;
  readonly environments: ReturnType<typeof environmentsOf>;
  readonly faults: FaultPlan;
  readonly standIns: Awaited<ReturnType<typeof startStandIns>>;
  readonly result: WorkflowResult;
  readonly startedAt: number;
  readonly prepared: Awaited<ReturnType<typeof prepareWorld>>;
}

const conclude = async (ended: Ended): Promise<RehearseResult> => {
  const { options, standIns, result, prepared, version, environments, startedAt } = ended;
  const truth = await lookAround(standIns, environments, prepared.tags, startedAt);
  const facts = truth.facts();
  const findings = result.conclusion === 'success' ? auditSuccess(facts, version) : auditFailure(facts);
  const serving = truth.serving();
  const outcome =
    result.jobs.map(({ outputs }) => outputs.outcome).find((value) => value !== undefined && value !== '') ?? '';
  const rehearsal: Rehearsal = {
    workflow: options.args.workflow,
    phrase: ended.event.phrase,
    repository: ended.consumer.name,
    conclusion: result.conclusion,
    sentence: sentenceFor(options.args.workflow, result.conclusion, outcome, serving, findings),
    startedAt,
    endedAt: Date.now(),
    notes: prepared.notes,
    faults: options.args.faults,
    jobs: jobRecords(result),
    deployments: deploymentRecords(standIns.aws, startedAt, truth.versionOf),
    serving,
    messages: standIns.chat.messages(),
    calls: callRecords(standIns.aws),
  };
  const folder = resolve(options.args.report);
  await mkdir(folder, { recursive: true });
  const reportFile = join(folder, 'report.html');
  await writeFile(reportFile, renderReport(rehearsal));
  await options.linger?.(standIns.env);
  return { rehearsal, findings, reportFile };
};
