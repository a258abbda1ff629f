import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import * as core from '@actions/core';
import { CLEAN_UP_MS, cancellationOf } from './cancellation.ts';
import type { Clock } from './clock.ts';
import { systemClock } from './clock.ts';
import { asOpsError, CancelledError, formatError, OpsError } from './errors.ts';
import type { RawInputs, ReadWorkspaceFile } from './inputs.ts';
import { rawInputs } from './inputs.ts';
import type { Log } from './log.ts';
import { createLog } from './log.ts';
import { appendToRunnerFile, renderOutputFile } from './output-file.ts';
import { Secrets } from './secrets.ts';
import { Summary, text } from './summary.ts';
import { neutralize, neutralizeOutput } from './untrusted.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What `main.ts` builds its ports from. Nothing below `main.ts` sees it. */
export interface Kit {
  readonly env: Environment;
  readonly log: Log;
  readonly clock: Clock;
  /** Aborted when the runner cancels the step; clean-up then has CLEAN_UP_MS. */
  readonly signal: AbortSignal;
  /** Masks a value in the log and redacts it from everything else that leaves. */
  addSecret(value: string): void;
  /** Returns text without any registered secret, for what leaves by other ways than log, summary and outputs. */
  redact(text: string): string;
}

/** What a run hands back. Outputs and summary are written before `failure` is raised. */
export interface ActionResult {
  /** Every declared output that has a value; the others are set to the empty text. */
  readonly outputs: Readonly<Record<string, string>>;
  readonly summary: Summary;
  readonly failure?: OpsError | undefined;
}

export interface Action<I, D> {
  readonly name: string;
  /** Every output that action.yml declares. */
  readonly outputs: readonly string[];
  /** Pure but for `readFile`, which reads files of the workspace. */
  parse(raw: RawInputs, readFile: ReadWorkspaceFile): I;
  connect(inputs: I, kit: Kit): D | Promise<D>;
  run(inputs: I, deps: D): Promise<ActionResult>;
  /** Outputs for a run that threw: the outcome that this action's contract names for it. */
  failedOutputs?(error: OpsError): Readonly<Record<string, string>>;
}

/** Files that inputs name are read and parsed at once; ECS takes task definitions of 64 KB (ECS service quotas). */
const MAX_FILE_BYTES = 1024 * 1024;

/** Returns a reader of files below `workspace`; paths that lead out of it, also by links, are refused. */
export const workspaceReader =
  (workspace: string): ReadWorkspaceFile =>
  (path) => {
    const root = realpathSync(workspace);
    const wanted = resolve(root, path);
    if (!existsSync(wanted)) {
      const message = 'there is no such file in the workspace; is the repository checked out?';
      throw Object.assign(new Error(message), { code: 'ENOENT' });
    }
    const file = realpathSync(wanted);
    const inside = relative(root, file);
    if (inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside)) {
      throw new Error('it lies outside the workspace');
    }
    const about = statSync(file);
    // Reading a pipe would wait for ever, deaf to a cancellation.
    if (!about.isFile()) throw new Error('it is no regular file');
    if (about.size > MAX_FILE_BYTES) throw new Error('it is larger than 1 MiB');
    return readFileSync(file, 'utf8');
  };

/** Where the pages of the repository that an action came from are found; empty where the runner names none. */
const pagesOf = ({ GITHUB_SERVER_URL: server, GITHUB_ACTION_REPOSITORY: repository }: Environment): string =>
  server && repository ? `${server}/${repository}/blob/HEAD/` : '';

const perform = async <I, D>(action: Action<I, D>, kit: Kit): Promise<ActionResult> => {
  try {
    const readFile = workspaceReader(kit.env.GITHUB_WORKSPACE ?? process.cwd());
    const inputs = action.parse(rawInputs(kit.env), readFile);
    const work = Promise.resolve(action.connect(inputs, kit)).then((deps) => action.run(inputs, deps));
    return await unlessHalted(Promise.race([work, cleanUpDeadline(kit.signal)]));
  } catch (error) {
    const failure = asOpsError(error);
    const told = formatError(action.name, failure, pagesOf(kit.env));
    const summary = new Summary().heading(action.name).paragraph(text(told));
    return { outputs: action.failedOutputs?.(failure) ?? {}, summary, failure };
  }
};

/** Rejects when a cancelled run has used up its clean-up time, so that outputs and summary are still written. */
const cleanUpDeadline = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    const late = () =>
      setTimeout(
        () => reject(new CancelledError('the run was cancelled, and its clean-up did not end in time.')),
        CLEAN_UP_MS,
      ).unref();
    if (signal.aborted) late();
    else signal.addEventListener('abort', late, { once: true });
  });

/**
 * Resolves with `work`; rejects when it can never end, so that outputs and summary are still written: nothing is left
 * that could wake it (Node would end the process by itself), or something that it does not wait for has thrown.
 */
const unlessHalted = async <T>(work: Promise<T>): Promise<T> => {
  const { promise: halted, reject } = Promise.withResolvers<never>();
  const onIdle = () =>
    reject(
      new OpsError({
        what: 'the run stopped in its middle: an answer that it waited for can never come.',
        // As of every error that nobody expected: it may have come at any point.
        cause: new Error('nothing was left that could wake it'),
      }),
    );
  process.on('beforeExit', onIdle);
  process.on('uncaughtException', reject);
  try {
    return await Promise.race([work, halted]);
  } finally {
    process.off('beforeExit', onIdle);
    process.off('uncaughtException', reject);
  }
};

/** Credentials of the job itself. AWS repeats the session token in some of its messages (SignatureDoesNotMatch). */
const JOB_SECRETS = [
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'ACTIONS_ID_TOKEN_REQUEST_TOKEN',
  'ACTIONS_RUNTIME_TOKEN',
];
/** All of them are longer; shorter ones stand in the environment of tests and are ordinary words. */
const SHORTEST_JOB_SECRET = 16;

/** Returns what keeps the outputs from being known to the steps that follow, if anything does. */
const writeOutputs = (outputs: ReadonlyMap<string, string>): OpsError | undefined => {
  try {
    const file = process.env.GITHUB_OUTPUT;
    // One write for all of them; without the file core falls back to what runners took before there was one.
    if (file) appendToRunnerFile(file, renderOutputFile(outputs));
    else for (const [name, value] of outputs) core.setOutput(name, value);
    return undefined;
  } catch (error) {
    const why = asOpsError(error).what;
    return new OpsError({ what: 'the outputs could not be written, so later steps know nothing of this one.', why });
  }
};

/** A summary is for people: that it cannot be written changes nothing of what was done. */
const writeSummary = (summary: string, log: Log): void => {
  const file = process.env.GITHUB_STEP_SUMMARY;
  if (summary === '' || !file) return;
  try {
    appendToRunnerFile(file, summary);
  } catch (error) {
    log.warning(`The job summary could not be written: ${error instanceof Error ? error.message : String(error)}`);
  }
};

/**
 * Runs an action as the runner's process: reads its inputs, runs it, writes every declared output and one summary
 * section, and ends the process with 1 if and only if the step failed. The suite's only try/catch around a run.
 */
export const runAction = async <I, D>(action: Action<I, D>): Promise<void> => {
  const secrets = new Secrets();
  const log = createLog(secrets);
  const kit: Kit = {
    env: process.env,
    log,
    clock: systemClock,
    signal: cancellationOf(process),
    addSecret: (value) => {
      for (const part of secrets.add(value)) core.setSecret(part);
    },
    redact: (value) => secrets.redact(value),
  };
  for (const name of JOB_SECRETS) {
    const value = kit.env[name] ?? '';
    if (value.length >= SHORTEST_JOB_SECRET) kit.addSecret(value);
  }
  const result = await perform(action, kit);
  const names = [...new Set([...action.outputs, ...Object.keys(result.outputs)])];
  const outputOf = (name: string) => neutralizeOutput(secrets.redact(result.outputs[name] ?? ''));
  const unwritten = writeOutputs(new Map(names.map((name) => [name, outputOf(name)])));
  writeSummary(secrets.redact(result.summary.render()), log);
  const failure = result.failure ?? unwritten;
  if (failure) core.setFailed(neutralize(secrets.redact(formatError(action.name, failure, pagesOf(kit.env)))));
  // Sockets that are kept alive would hold the process; what was written to the pipes must leave first.
  await new Promise((done) => process.stdout.write('', done));
  process.exit(failure ? 1 : 0);
};
