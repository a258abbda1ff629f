import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { OpsError } from '@hospital-ops/action-kit/errors';
import { isDigest } from '@hospital-ops/registry-client/reference';
import type { Builder, BuildRequest, Built } from './builder.ts';
import type { BuilderFacts } from './builder-facts.ts';
import { parseBuilderFacts } from './builder-facts.ts';
import type { CachePlan } from './cache-plan.ts';
import { planCache } from './cache-plan.ts';
import { buildxArguments, engineArguments } from './docker-arguments.ts';
import type { Docker, DockerOptions } from './docker-command.ts';
import { createDocker, expectSuccess, patiently } from './docker-command.ts';
import type { FileCache } from './layer-cache.ts';
import { withSavedFolder } from './layer-cache.ts';

export interface DockerBuilderOptions extends DockerOptions {
  /** GitHub's cache of files; undefined where it cannot be asked. */
  readonly fileCache: FileCache | undefined;
  /** Tells the saved caches of two runs apart. */
  readonly revision: string;
}

const SET_UP_BUILDX = 'set buildx up before this step (docker/setup-buildx-action).';
const SEE_LOG = 'see the last lines in the job summary, or all of them in the log above.';

/** Without the tag: that of a content is long, and says nothing to people. */
const placeOf = ({ reference }: BuildRequest): string => reference.replace(/:[^:/]+$/, '');

/** The registry is asked in any case, so a builder that wrote no metadata is no failure. */
const digestIn = async (metadata: string): Promise<string | undefined> => {
  try {
    const { 'containerimage.digest': digest } = JSON.parse(await readFile(metadata, 'utf8')) as Record<string, unknown>;
    return typeof digest === 'string' && isDigest(digest) ? digest : undefined;
  } catch {
    return undefined;
  }
};

/** Watches for an export of the cache that failed: the build goes on without, and says so in passing. */
const watchCache = (warn: (text: string) => void) => {
  let exporting: string | undefined;
  return (line: string): void => {
    exporting = /^#(\d+) exporting (?:cache to |to GitHub Actions Cache)/.exec(line)?.[1] ?? exporting;
    const [, id, why = ''] = /^#(\d+) ERROR: (.*)$/.exec(line) ?? [];
    if (id !== undefined && id === exporting) warn(`the cache was not written: ${why}`);
  };
};

const PUSHING = /^#\d+ pushing (?:layers|manifest)/;

/** An Engine that hangs must not hold up what may yet tell why. */
const LOOK_MS = 15_000;

const lookAtBuilder = async (docker: Docker): Promise<BuilderFacts> => {
  const answer = async (...args: string[]) => {
    const answered = await docker.run(args, { timeoutMs: LOOK_MS });
    return answered.exitCode === 0 ? answered.tail.join('\n') : undefined;
  };
  const [buildx, inspect = ''] = await Promise.all([answer('buildx', 'version'), answer('buildx', 'inspect')]);
  const facts = parseBuilderFacts(buildx, inspect, '');
  if (facts.driver !== 'docker') return facts;
  return parseBuilderFacts(buildx, inspect, (await answer('info', '--format', '{{json .DriverStatus}}')) ?? '');
};

/** Returns a Builder over the docker command line: buildx where it is there, the engine's own build otherwise. */
export const createDockerBuilder = (options: DockerBuilderOptions): Builder => {
  const { temporary, fileCache } = options;
  const docker = createDocker(options);
  let looked: Promise<BuilderFacts> | undefined;
  const facts = (): Promise<BuilderFacts> => {
    looked ??= lookAtBuilder(docker);
    return looked;
  };

  const withBuildx = async (request: BuildRequest, plan: CachePlan, metadata: string): Promise<Built> => {
    const watch = watchCache(request.onWarning);
    const onLine = (line: string) => {
      if (PUSHING.test(line)) request.onPush();
      watch(line);
      request.onLine(line);
    };
    const result = await docker.run(buildxArguments(request, plan, metadata), { onLine });
    expectSuccess(`building ${placeOf(request)} failed.`, 'docker buildx build', result, SEE_LOG);
    const digest = request.push ? await digestIn(metadata) : undefined;
    return { digest, isCache: plan.to.includes('type=inline') };
  };

  const buildByBuildx = async (request: BuildRequest, found: BuilderFacts): Promise<Built> => {
    const folder = await mkdtemp(join(temporary, 'build-image-'));
    // GitHub's cache finds a folder again by its path alone: it is the same in every run.
    const layers = join(temporary, `build-image-${request.cache?.scope ?? ''}`);
    const plan = planCache(request.cache, found, fileCache !== undefined, layers);
    if (plan.note !== undefined) request.onLine(`cache: ${plan.note}`);
    const saved = {
      cache: fileCache as FileCache,
      scope: request.cache?.scope ?? '',
      revision: options.revision,
      warn: request.onWarning,
    };
    try {
      return await withSavedFolder(plan, saved, (used) =>
        patiently(() => withBuildx(request, used, join(folder, 'metadata.json')), options, request.onLine),
      );
    } finally {
      for (const path of [folder, layers]) await rm(path, { recursive: true, force: true });
    }
  };

  const refuseWithoutBuildx = (request: BuildRequest): void => {
    const platforms = request.platforms.length > 1 ? `for ${request.platforms.length} platforms` : undefined;
    const attested = request.provenance !== 'none' || request.sbom ? 'with attestations' : undefined;
    const what = platforms ?? attested;
    if (what === undefined) return;
    throw new OpsError({
      what: `${placeOf(request)} cannot be built ${what}: this Docker has no buildx.`,
      next: SET_UP_BUILDX,
      docs: 'README#troubleshooting',
    });
  };

  const buildByEngine = async (request: BuildRequest): Promise<void> => {
    refuseWithoutBuildx(request);
    // The engine's own builder knows neither secrets nor an ignore file of the Dockerfile, and the hash goes by it.
    const needsBuildKit = existsSync(`${request.dockerfile}.dockerignore`) || request.secrets.size > 0;
    const env = needsBuildKit ? { DOCKER_BUILDKIT: '1', BUILDKIT_PROGRESS: 'plain' } : {};
    const result = await docker.run(engineArguments(request), { onLine: request.onLine, env });
    expectSuccess(`building ${placeOf(request)} failed.`, 'docker build', result, SEE_LOG);
  };

  const pushByEngine = async (request: BuildRequest): Promise<string | undefined> => {
    request.onPush();
    const result = await docker.run(['push', request.reference], { onLine: request.onLine });
    expectSuccess(`pushing ${placeOf(request)} failed.`, 'docker push', result, 'see what the registry said.');
    return result.tail.map((line) => /\bdigest: (sha256:[0-9a-f]{64})\b/.exec(line)?.[1]).findLast((digest) => digest);
  };

  return {
    login: async (registry, { username, password }) => {
      const args = ['login', '--username', username, '--password-stdin', registry];
      const attempt = async () => {
        const result = await docker.run(args, { input: password });
        const next = 'check that the credentials may push to this registry.';
        expectSuccess(`docker could not log in to ${registry}.`, 'docker login', result, next);
      };
      // What kind of builder this is will be asked in a moment: it is found out meanwhile.
      await Promise.all([patiently(attempt, options, () => undefined), facts()]);
    },
    build: async (request) => {
      const found = await facts();
      if (found.buildx !== undefined) return buildByBuildx(request, found);
      await buildByEngine(request);
      const digest = request.push ? await patiently(() => pushByEngine(request), options, request.onLine) : undefined;
      return { digest, isCache: false };
    },
    close: () => docker.close(),
  };
};
