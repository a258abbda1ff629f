import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import type { Clock } from '@hospital-ops/action-kit/clock';
import { OpsError, ToolError } from '@hospital-ops/action-kit/errors';
import { retry } from '@hospital-ops/action-kit/retry';
import { neutralizeToLine } from '@hospital-ops/action-kit/untrusted';
import { isDigest } from '@hospital-ops/registry-client/reference';
import type { Builder, BuildRequest } from './builder.ts';
import type { CommandResult, RunCommand } from './command.ts';
import { CommandMissing } from './command.ts';
import { buildxArguments, engineArguments } from './docker-arguments.ts';
import { createDockerConfig, removeDockerConfig } from './docker-config.ts';
import { decidePushFailure } from './push-failure.ts';

export interface DockerBuilderOptions {
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

/** A build whose layers are there is pushed again in a moment; about 30 s for a registry to recover. */
const DELAYS_MS = [1_000, 2_000, 4_000, 8_000, 15_000];

const TAIL_LINES = 40;

const NO_DOCKER = 'install a Docker Engine on this runner, or run the job where there is one (ubuntu-latest has it).';

const SET_UP_BUILDX = 'set buildx up before this step (docker/setup-buildx-action).';

/** BuildKit's `ERROR: …`, the engine's `Error response …`, and what its own builder says of a step that failed. */
const REASON = /^(?:error\b|the command .* returned a non-zero code)/i;

/** The line that says what went wrong. */
const reasonIn = (tail: readonly string[]): string =>
  neutralizeToLine(tail.findLast((line) => REASON.test(line.trim())) ?? tail.at(-1) ?? '', 500);

const isTransient = (error: unknown): boolean =>
  error instanceof ToolError && decidePushFailure(error.stderrTail.split('\n')) === 'transient';

/** The registry is asked in any case, so a builder that wrote no metadata is no failure. */
const digestIn = async (metadata: string): Promise<string | undefined> => {
  try {
    const { 'containerimage.digest': digest } = JSON.parse(await readFile(metadata, 'utf8')) as Record<string, unknown>;
    return typeof digest === 'string' && isDigest(digest) ? digest : undefined;
  } catch {
    return undefined;
  }
};

/** Returns a Builder over the docker command line: buildx where it is there, the engine's own build otherwise. */
export const createDockerBuilder = (options: DockerBuilderOptions): Builder => {
  const { workspace, temporary, clock, signal } = options;
  let folder: Promise<string> | undefined;
  let buildx: Promise<boolean> | undefined;

  interface More {
    readonly input?: string;
    readonly onLine?: (line: string) => void;
    readonly env?: Readonly<Record<string, string>>;
  }

  const docker = async (args: readonly string[], { env: extra, ...more }: More = {}) => {
    folder ??= createDockerConfig(temporary, options.userConfig);
    // Attestations would make an index of every image; without them equal content has one manifest.
    const env = { ...options.env, DOCKER_CONFIG: await folder, BUILDX_NO_DEFAULT_ATTESTATIONS: '1', ...extra };
    try {
      return await options.run('docker', args, { env, cwd: workspace, signal, ...more });
    } catch (error) {
      if (!(error instanceof CommandMissing)) throw error;
      throw new OpsError({ what: 'the docker command could not be started.', why: error.message, next: NO_DOCKER });
    }
  };

  const check = (what: string, command: string, result: CommandResult, next: string): void => {
    const { exitCode } = result;
    if (exitCode === 0) return;
    // The engine's own builder colours its output, down to lines that only end a colour.
    const tail = result.tail.map((line) => stripVTControlCharacters(line)).filter((line) => line.trim() !== '');
    const stderrTail = tail.slice(-TAIL_LINES).join('\n');
    throw new ToolError({
      what,
      why: reasonIn(tail),
      next,
      docs: 'README#troubleshooting',
      command,
      exitCode,
      stderrTail,
    });
  };

  const patiently = <T>(operation: () => Promise<T>, onRetry: (line: string) => void): Promise<T> =>
    retry(operation, {
      isRetryable: isTransient,
      delays: DELAYS_MS,
      clock,
      signal,
      onRetry: (error, _, delay) => onRetry(`${(error as ToolError).why ?? ''}: trying again in ${delay / 1000} s`),
    });

  const hasBuildx = (): Promise<boolean> => {
    buildx ??= docker(['buildx', 'version']).then(({ exitCode }) => exitCode === 0);
    return buildx;
  };

  const withBuildx = async (request: BuildRequest, metadata: string): Promise<string | undefined> => {
    const result = await docker(buildxArguments(request, metadata), { onLine: request.onLine });
    check(`building ${request.reference} failed.`, 'docker buildx build', result, 'see the log of the build above.');
    if (!request.push) return undefined;
    return await digestIn(metadata);
  };

  const withEngine = async (request: BuildRequest): Promise<void> => {
    if (request.platforms.length > 1) {
      throw new OpsError({
        what: `${request.reference} cannot be built for ${request.platforms.length} platforms: this Docker has no buildx.`,
        next: SET_UP_BUILDX,
      });
    }
    // The engine's own builder does not know an ignore file of the Dockerfile, and the content hash goes by it.
    const needsBuildKit = existsSync(`${request.dockerfile}.dockerignore`);
    const env = needsBuildKit ? { DOCKER_BUILDKIT: '1' } : {};
    const result = await docker(engineArguments(request), { onLine: request.onLine, env });
    const noBuildx = result.tail.some((line) => line.includes('the buildx component is missing'));
    const next = noBuildx ? SET_UP_BUILDX : 'see the log of the build above.';
    check(`building ${request.reference} failed.`, 'docker build', result, next);
  };

  const pushByEngine = async (request: BuildRequest): Promise<string | undefined> => {
    const result = await docker(['push', request.reference], { onLine: request.onLine });
    check(`pushing ${request.reference} failed.`, 'docker push', result, 'see what the registry said.');
    return result.tail.map((line) => /\bdigest: (sha256:[0-9a-f]{64})\b/.exec(line)?.[1]).findLast((digest) => digest);
  };

  return {
    login: async (registry, { username, password }) => {
      const args = ['login', '--username', username, '--password-stdin', registry];
      const attempt = async () => {
        const result = await docker(args, { input: password });
        const next = 'check that the credentials may push to this registry.';
        check(`docker could not log in to ${registry}.`, 'docker login', result, next);
      };
      // What kind of docker this is will be asked in a moment: it is found out meanwhile.
      await Promise.all([patiently(attempt, () => undefined), hasBuildx()]);
    },
    build: async (request) => {
      if (await hasBuildx()) {
        const metadata = await mkdtemp(join(temporary, 'build-metadata-'));
        const build = () => withBuildx(request, join(metadata, 'metadata.json'));
        try {
          return await patiently(build, request.onLine);
        } finally {
          await rm(metadata, { recursive: true, force: true });
        }
      }
      await withEngine(request);
      return request.push ? await patiently(() => pushByEngine(request), request.onLine) : undefined;
    },
    close: async () => {
      if (folder !== undefined) await removeDockerConfig(await folder);
    },
  };
};
