import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

export interface ProcessSpec {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The whole environment: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  /** Between SIGTERM and SIGKILL. */
  readonly stopTimeoutMs: number;
  line(text: string): void;
  exit(code: number): void;
}

export interface ContainerProcess {
  /** SIGTERM to the process, SIGKILL to its group after the timeout. Resolves when all its output was handed on. */
  stop(): Promise<void>;
  /** SIGKILL to its group. */
  kill(): void;
}

/** As a shell and ECS tell it: 128 and the number of the signal, so 137 for SIGKILL. */
const exitCode = (code: number | null, signal: NodeJS.Signals | null): number =>
  code ?? 128 + (signal === null ? 0 : constants.signals[signal]);

const killGroup = (child: ChildProcess): void => {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // The group has ended already.
  }
};

/** Resolves once the process runs; rejects with ECS's words when the program cannot be started. */
export const startProcess = async (spec: ProcessSpec): Promise<ContainerProcess> => {
  const child = spawn(spec.command, spec.args, {
    cwd: spec.cwd,
    env: spec.env,
    // Its own process group, so that what it started ends with it.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'ENOENT' ? 'executable file not found in $PATH' : error.message;
      reject(
        new Error(
          `CannotStartContainerError: Error response from daemon: failed to create task for container: failed to create shim task: OCI runtime create failed: exec: "${spec.command}": ${why}: unknown`,
        ),
      );
    });
  });
  const read = (stream: Readable): Promise<void> =>
    new Promise((resolve) => {
      const lines = createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY });
      lines.on('line', spec.line);
      lines.on('close', resolve);
    });
  const output = Promise.all([read(child.stdout), read(child.stderr)]);
  const ended = new Promise<void>((resolve) => {
    child.once('exit', (code, signal) => {
      // What it leaves behind would hold the output open; a container's other processes end with its first one.
      killGroup(child);
      output.then(() => {
        spec.exit(exitCode(code, signal));
        resolve();
      });
    });
  });
  return {
    stop: async () => {
      child.kill('SIGTERM');
      const timer = setTimeout(() => killGroup(child), spec.stopTimeoutMs);
      await ended;
      clearTimeout(timer);
    },
    kill: () => killGroup(child),
  };
};
