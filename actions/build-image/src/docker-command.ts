import { stripVTControlCharacters } from 'node:util';
import type { Clock } from '@hospital-ops/action-kit/clock';
import { OpsError, ToolError } from '@hospital-ops/action-kit/errors';
import { retry } from '@hospital-ops/action-kit/retry';
import { neutralizeToLine } from '@hospital-ops/action-kit/untrusted';
import { failedStep } from './build-failure.ts';
import type { CommandResult, RunCommand } from './command.ts';
import { CommandMissing } from './command.ts';
import { createDockerConfig, removeDockerConfig } from './docker-config.ts';
import type { KnownFailure } from './known-failures.ts';
import { knownFailure } from './known-failures.ts';
import { decidePushFailure } from './push-failure.ts';

export interface DockerOptions {
  readonly run: RunCommand;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The folder from which relative paths count. */
  readonly workspace: string;
  /** A folder that the job owns; what is made in it is removed by `close`. */
  readonly temporary: string;
  /** The folder of the user's own Docker configuration. */
  readonly userConfig: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

export interface More {
  readonly input?: string;
  readonly onLine?: (line: string) => void;
  readonly env?: Readonly<Record<string, string>>;
  /** After that the command is stopped, and counts as failed. */
  readonly timeoutMs?: number;
}

/** The docker command with a configuration of its own. */
export interface Docker {
  run(args: readonly string[], more?: More): Promise<CommandResult>;
  close(): Promise<void>;
}

const NO_DOCKER = 'install a Docker Engine on this runner, or run the job where there is one (ubuntu-latest has it).';

/** Returns the docker command. `run` throws OpsError where there is none, and CancelledError. */
export const createDocker = (options: DockerOptions): Docker => {
  const { workspace, temporary, signal } = options;
  let folder: Promise<string> | undefined;
  return {
    run: async (args, { env: extra, ...more } = {}) => {
      folder ??= createDockerConfig(temporary, options.userConfig);
      // Attestations would make an index of every image; without them equal content has one manifest.
      const env = { ...options.env, DOCKER_CONFIG: await folder, BUILDX_NO_DEFAULT_ATTESTATIONS: '1', ...extra };
      try {
        return await options.run('docker', args, { env, cwd: workspace, signal, ...more });
      } catch (error) {
        if (!(error instanceof CommandMissing)) throw error;
        throw new OpsError({
          what: 'the docker command could not be started.',
          why: error.message,
          next: NO_DOCKER,
          docs: 'README#troubleshooting',
        });
      }
    },
    close: async () => {
      if (folder !== undefined) await removeDockerConfig(await folder);
    },
  };
};

const TAIL_LINES = 40;

/** BuildKit's `ERROR: …`, the engine's `Error response …`, and what its own builder says of a step that failed. */
const REASON = /^(?:error\b|the command .* returned a non-zero code)/i;

/** The line that says what went wrong. */
const reasonIn = (tail: readonly string[]): string =>
  neutralizeToLine(tail.findLast((line) => REASON.test(line.trim())) ?? tail.at(-1) ?? '', 500);

/** Told after all tries. */
const NO_REGISTRY: KnownFailure = {
  why: 'a registry did not answer, or only with errors of its own.',
  next: 'the registry did not recover in time; run the job again: what was pushed is kept.',
};

/** A build or push that the docker command did not do. */
export class DockerError extends ToolError {
  /** Whether a program of the image failed: what it printed says nothing of registries. */
  readonly isProgram: boolean;

  constructor(what: string, command: string, { exitCode, tail }: CommandResult, next: string) {
    // The engine's own builder colours its output, down to lines that only end a colour.
    const lines = tail.map((line) => stripVTControlCharacters(line)).filter((line) => line.trim() !== '');
    const failed = failedStep(lines);
    const isProgram = failed !== undefined && /^RUN\b/i.test(failed.step);
    const isAway = !isProgram && decidePushFailure(lines) === 'transient';
    const known = knownFailure(lines.slice(-TAIL_LINES)) ?? (isAway ? NO_REGISTRY : undefined);
    const place =
      failed && `${failed.stage ? `stage ${failed.stage}, ` : ''}step "${neutralizeToLine(failed.step, 200)}"`;
    const reason = reasonIn(lines);
    super({
      what: failed ? `${what.replace(/\.$/, '')} in ${place}.` : what,
      why: known ? `${known.why} The builder says: ${reason}` : reason,
      next: known?.next ?? next,
      docs: 'README#troubleshooting',
      command,
      exitCode,
      stderrTail: (failed?.lines.length ? [...failed.lines, reason] : lines.slice(-TAIL_LINES)).join('\n'),
    });
    this.isProgram = isProgram;
  }
}

/** Throws DockerError unless the command ended well. */
export const expectSuccess = (what: string, command: string, result: CommandResult, next: string): void => {
  if (result.exitCode !== 0) throw new DockerError(what, command, result, next);
};

/** A build whose layers are there is pushed again in a moment; about 30 s for a registry to recover. */
const DELAYS_MS = [1_000, 2_000, 4_000, 8_000, 15_000];

/** Tries again what a registry refused for the moment alone. */
export const patiently = <T>(
  operation: () => Promise<T>,
  { clock, signal }: Pick<DockerOptions, 'clock' | 'signal'>,
  onRetry: (line: string) => void,
): Promise<T> =>
  retry(operation, {
    isRetryable: (error) =>
      error instanceof DockerError &&
      !error.isProgram &&
      decidePushFailure(error.stderrTail.split('\n')) === 'transient',
    delays: DELAYS_MS,
    clock,
    signal,
    onRetry: (error, _, delay) => onRetry(`${(error as ToolError).why ?? ''}: trying again in ${delay / 1000} s`),
  });
