import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { CancelledError } from '@hospital-ops/action-kit/errors';
import { MAX_LINE } from '@hospital-ops/action-kit/untrusted';

export interface CommandOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly signal: AbortSignal;
  /** Written to standard input, which is closed after it. */
  readonly input?: string;
  onLine?(line: string): void;
  /** After that the command is stopped; it has no exit code then. */
  readonly timeoutMs?: number;
}

export interface CommandResult {
  /** Undefined when a signal ended it. */
  readonly exitCode: number | undefined;
  /** The last lines of both outputs, in the order they came. */
  readonly tail: readonly string[];
}

/** A command that could not be started at all. */
export class CommandMissing extends Error {
  override readonly name = 'CommandMissing';
}

export type RunCommand = (command: string, args: readonly string[], options: CommandOptions) => Promise<CommandResult>;

/** Enough that the beginning of a step is there when it fails. */
const TAIL_LINES = 2_000;

/** Half of the time that the runner leaves between its first signal and the kill. */
const KILL_AFTER_MS = 4_000;

const readLines = async (stream: Readable, take: (line: string) => void): Promise<void> => {
  for await (const line of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) take(line);
};

/** Signals the command with all that it started: it leads its own process group. */
const signalGroup = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(-pid, signal);
  } catch {
    // It has ended.
  }
};

/** Runs a command without a shell. Throws CommandMissing, and CancelledError after `signal` has ended the command. */
export const runCommand: RunCommand = async (command, args, options) => {
  const { signal } = options;
  if (signal.aborted) throw new CancelledError();
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: options.env as NodeJS.ProcessEnv,
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  const tail: string[] = [];
  const take = (line: string) => {
    tail.push(line.slice(0, MAX_LINE));
    if (tail.length > TAIL_LINES) tail.shift();
    options.onLine?.(line);
  };
  let timer: NodeJS.Timeout | undefined;
  const stop = () => {
    const { pid } = child;
    if (pid === undefined) return;
    signalGroup(pid, 'SIGTERM');
    timer ??= setTimeout(() => signalGroup(pid, 'SIGKILL'), KILL_AFTER_MS);
  };
  signal.addEventListener('abort', stop, { once: true });
  const deadline = options.timeoutMs === undefined ? undefined : setTimeout(stop, options.timeoutMs);
  try {
    const ended = new Promise<number | undefined>((resolve, reject) => {
      child.once('error', (error) => reject(new CommandMissing(error.message)));
      child.once('close', (code) => resolve(code ?? undefined));
    });
    // A command that ends without reading its input closes the pipe: its exit code says more than the broken pipe.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
    const [exitCode] = await Promise.all([ended, readLines(child.stdout, take), readLines(child.stderr, take)]);
    if (signal.aborted) throw new CancelledError('the run was cancelled, and the command was stopped.');
    return { exitCode, tail };
  } finally {
    signal.removeEventListener('abort', stop);
    clearTimeout(timer);
    clearTimeout(deadline);
  }
};
