import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parse } from 'yaml';
import type { Command } from '../../packages/rehearsal/src/runner/commands.ts';
import { parseCommand } from '../../packages/rehearsal/src/runner/commands.ts';
import { parsePairs } from '../../packages/rehearsal/src/runner/environment-files.ts';

/** A job's folders, as the runner lays them out. */
export interface Job {
  readonly folder: string;
  readonly workspace: string;
  readonly temp: string;
  readonly home: string;
  write(path: string, content: string): void;
  remove(): void;
}

export const createJob = (): Job => {
  const folder = mkdtempSync(join(tmpdir(), 'bundle-'));
  const [workspace, temp, home] = ['workspace', 'temp', 'home'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  for (const path of [workspace, temp, home]) mkdirSync(path);
  return {
    folder,
    workspace,
    temp,
    home,
    write: (path, content) => {
      mkdirSync(join(workspace, path, '..'), { recursive: true });
      writeFileSync(join(workspace, path), content);
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
};

/** What a step left behind. */
export interface Ran {
  /** Undefined when a signal ended it. */
  readonly code: number | undefined;
  /** Lines of stdout and stderr as the runner reads them: CR, LF and CRLF end one. */
  readonly lines: readonly string[];
  /** The lines as one text. */
  readonly log: string;
  /** What of the log the runner would act on. */
  readonly commands: readonly Command[];
  readonly outputs: Readonly<Record<string, string>>;
  /** What it kept for its post step. */
  readonly state: Readonly<Record<string, string>>;
  /** Outputs of action.yml. */
  readonly declared: readonly string[];
  readonly summary: string;
  /** Files that are left in the job's temporary folder, by path, with what they hold. */
  readonly left: ReadonlyMap<string, string>;
  readonly ms: number;
}

export interface Running {
  /** Resolves once a line of the log matches. */
  seen(pattern: RegExp): Promise<void>;
  kill(signal: NodeJS.Signals): void;
  readonly ended: Promise<Ran>;
}

export interface Step {
  readonly inputs?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  /** The event's payload: JSON unless it is text. */
  readonly event?: unknown;
  /** Where the summary goes instead of a file that exists. */
  readonly summaryFile?: string;
}

interface ActionFile {
  readonly inputs?: Readonly<Record<string, { readonly default?: unknown }>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
}

/** The expressions that stand as defaults in the suite's action.yml files. */
const EXPRESSIONS: Readonly<Record<string, string>> = {
  '${{ github.token }}': 'ghs_token0123456789',
  '${{ job.status }}': 'success',
};

/** The tree that is tested: the one that was built here, or another release (`RELEASE_TREE`). */
const DIST = resolve(process.env.RELEASE_TREE ?? 'dist');

const filesBelow = (folder: string): string[] =>
  !existsSync(folder)
    ? []
    : readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name));

const read = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8') : '');

let steps = 0;

/** Starts the built bundle of an action as the runner does; defaults are those of its action.yml. */
export const startBundle = (action: string, job: Job, { inputs = {}, env = {}, event, summaryFile }: Step): Running => {
  const file = parse(readFileSync(join(DIST, action, 'action.yml'), 'utf8')) as ActionFile;
  const given = Object.entries(file.inputs ?? {}).map(([name, { default: value }]) => {
    const usual = value === undefined ? '' : String(value);
    return [name, inputs[name] ?? EXPRESSIONS[usual] ?? usual] as const;
  });
  const unknown = Object.entries(inputs).filter(([name]) => !Object.hasOwn(file.inputs ?? {}, name));
  const files = join(job.folder, `step-${steps++}`);
  mkdirSync(files);
  const [output, summary, payload, state] = ['output', 'summary', 'event.json', 'state'].map((name) =>
    join(files, name),
  ) as [string, string, string, string];
  writeFileSync(output, '');
  writeFileSync(summary, '');
  writeFileSync(state, '');
  writeFileSync(payload, typeof event === 'string' ? event : JSON.stringify(event ?? {}));
  const started = Date.now();
  const child: ChildProcess = spawn(process.execPath, [join(DIST, action, 'index.js')], {
    cwd: job.workspace,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH ?? '',
      HOME: job.home,
      GITHUB_ACTIONS: 'true',
      GITHUB_OUTPUT: output,
      GITHUB_STATE: state,
      GITHUB_STEP_SUMMARY: summaryFile ?? summary,
      GITHUB_EVENT_PATH: payload,
      GITHUB_EVENT_NAME: 'push',
      GITHUB_WORKSPACE: job.workspace,
      GITHUB_SERVER_URL: 'https://github.com',
      GITHUB_REPOSITORY: 'rivercare/hospital-ops',
      GITHUB_SHA: 'c'.repeat(40),
      GITHUB_RUN_ID: '99',
      GITHUB_RUN_ATTEMPT: '1',
      RUNNER_TEMP: job.temp,
      ...Object.fromEntries(
        [...given, ...unknown].map(([name, value]) => [`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`, value]),
      ),
      ...env,
    },
  });
  const chunks: Buffer[] = [];
  const waiting = new Set<() => void>();
  const text = () => Buffer.concat(chunks).toString('utf8');
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      for (const look of waiting) look();
    });
  }
  const ended = new Promise<Ran>((done, fail) => {
    child.once('error', fail);
    child.once('close', (code) => {
      const lines = text().split(/\r\n|\r|\n/);
      done({
        code: code ?? undefined,
        lines,
        log: lines.join('\n'),
        commands: lines.flatMap((line) => parseCommand(line) ?? []),
        outputs: Object.fromEntries(parsePairs(read(output))),
        state: Object.fromEntries(parsePairs(read(state))),
        declared: Object.keys(file.outputs ?? {}),
        summary: read(summaryFile ?? summary),
        left: new Map(filesBelow(job.temp).map((path) => [path, read(path)])),
        ms: Date.now() - started,
      });
      for (const look of waiting) look();
    });
  });
  return {
    ended,
    kill: (signal) => void child.kill(signal),
    seen: (pattern) =>
      new Promise((found, missed) => {
        const look = () => {
          if (pattern.test(text())) found();
          else if (child.exitCode !== null) missed(new Error(`ended without ${pattern}:\n${text()}`));
          else return;
          waiting.delete(look);
        };
        waiting.add(look);
        look();
      }),
  };
};

/** Runs the built bundle of an action to its end. */
export const runBundle = (action: string, job: Job, step: Step = {}): Promise<Ran> =>
  startBundle(action, job, step).ended;

/** Runs a bundle and interrupts it, as the runner does for a cancelled run, once `when` is in its log or is so. */
export const cancelBundle = async (
  action: string,
  job: Job,
  step: Step,
  when: RegExp | (() => boolean),
): Promise<Ran> => {
  const running = startBundle(action, job, step);
  if (when instanceof RegExp) await running.seen(when);
  else {
    let isOver = false;
    const ended = running.ended.then(() => {
      isOver = true;
    });
    while (!isOver && !when()) await Promise.race([ended, pause(20)]);
  }
  const at = Date.now();
  running.kill('SIGINT');
  const terminate = setTimeout(() => running.kill('SIGTERM'), 7_500);
  const ran = await running.ended;
  clearTimeout(terminate);
  return { ...ran, ms: Date.now() - at };
};
