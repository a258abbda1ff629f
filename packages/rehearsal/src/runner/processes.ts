import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { setTimeout as pause } from 'node:timers/promises';

/** How long a process may clean up after SIGINT, and after the SIGTERM that follows; then comes SIGKILL. */
export interface Grace {
  readonly interruptMs: number;
  readonly terminateMs: number;
}

/** The runner's own times (actions/runner, ProcessInvoker.cs). */
export const RUNNER_GRACE: Grace = { interruptMs: 7_500, terminateMs: 2_500 };

/** How long output is still read after a process has ended while a child of it holds the pipes (ProcessInvoker.cs). */
const STREAMS_MS = 5_000;

export interface ProcessSpec {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Whose process it is; default this one's. */
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
  readonly signal: AbortSignal;
  readonly grace: Grace;
  onLine(line: string): void;
}

export interface ProcessEnd {
  /** Undefined when a signal ended it. */
  readonly exitCode: number | undefined;
  /** True when it was asked to end, whatever it then answered. */
  readonly cancelled: boolean;
}

const alive = new Set<number>();
let guarded = false;

const killGroup = (leader: number): void => {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // ESRCH: the whole group has ended.
  }
};

/** A rehearsal that dies must not leave its steps behind. */
const guardExit = (): void => {
  if (guarded) return;
  guarded = true;
  process.on('exit', () => {
    for (const leader of alive) killGroup(leader);
  });
};

/** Calls `onLine` for each line; CR, LF and CRLF all end one, as for .NET's reader. */
const readLines = (stream: Readable, onLine: (line: string) => void): void => {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  stream.on('data', (chunk: Buffer) => {
    const parts = (rest + decoder.write(chunk)).split(/\r\n|\r(?!$)|\n/);
    rest = parts.pop() ?? '';
    for (const part of parts) onLine(part);
  });
  stream.on('end', () => {
    const last = rest + decoder.end();
    if (last !== '') onLine(last.replace(/\r$/, ''));
  });
};

const cancelInSteps = (child: ChildProcess, grace: Grace): (() => void) => {
  const timers: NodeJS.Timeout[] = [];
  child.kill('SIGINT');
  timers.push(setTimeout(() => child.kill('SIGTERM'), grace.interruptMs));
  timers.push(setTimeout(() => child.pid !== undefined && killGroup(child.pid), grace.interruptMs + grace.terminateMs));
  return () => {
    for (const timer of timers) clearTimeout(timer);
  };
};

/**
 * Runs a process in a group of its own and resolves when it has ended and its output is read. When `signal` aborts it
 * gets SIGINT, then SIGTERM, and its whole group SIGKILL. Rejects when it cannot be started.
 */
export const runProcess = (spec: ProcessSpec): Promise<ProcessEnd> => {
  guardExit();
  return new Promise((resolve, reject) => {
    const child = spawn(spec.file, [...spec.args], {
      cwd: spec.cwd,
      env: { ...spec.env },
      ...spec.user,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stopCancelling = () => {};
    const cancel = () => {
      stopCancelling = cancelInSteps(child, spec.grace);
    };
    child.once('error', (error) => {
      spec.signal.removeEventListener('abort', cancel);
      reject(error);
    });
    child.once('spawn', () => {
      if (child.pid !== undefined) alive.add(child.pid);
      if (spec.signal.aborted) cancel();
      else spec.signal.addEventListener('abort', cancel, { once: true });
    });
    readLines(child.stdout, spec.onLine);
    readLines(child.stderr, spec.onLine);
    let streams: NodeJS.Timeout | undefined;
    child.once('exit', () => {
      stopCancelling();
      spec.signal.removeEventListener('abort', cancel);
      if (child.pid !== undefined) {
        alive.delete(child.pid);
        // Whoever was cancelled takes its children along; others may leave some for later steps of the job.
        if (spec.signal.aborted) killGroup(child.pid);
      }
      streams = setTimeout(() => {
        child.stdout.destroy();
        child.stderr.destroy();
      }, STREAMS_MS);
    });
    child.once('close', (code) => {
      clearTimeout(streams);
      resolve({ exitCode: code ?? undefined, cancelled: spec.signal.aborted });
    });
  });
};

const processesWith = (mark: string): number[] => {
  let ids: string[];
  try {
    ids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
  return ids.map(Number).filter((id) => {
    try {
      return readFileSync(`/proc/${id}/environ`, 'utf8').split('\0').includes(mark);
    } catch {
      // It ended meanwhile, or is another user's.
      return false;
    }
  });
};

/** How often it is looked whether a killed process has ended, and for how long. */
const LOOK_MS = 10;
const LOOKS = 200;

/** Ends what a job's steps left running, known by the tracking id in its environment, as the runner does. */
export const endOrphans = async (trackingId: string): Promise<void> => {
  for (let look = 0; look < LOOKS; look += 1) {
    const left = processesWith(`RUNNER_TRACKING_ID=${trackingId}`);
    if (left.length === 0) return;
    for (const id of left) {
      try {
        process.kill(id, 'SIGKILL');
      } catch {
        // It ended meanwhile.
      }
    }
    await pause(LOOK_MS);
  }
};
