import { availableParallelism, homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Environment, Kit } from '@hospital-ops/action-kit/run-action';
import { createBaseResolver } from './base-images.ts';
import { runCommand } from './command.ts';
import { readContent, resolvePaths } from './content-hash.ts';
import { createDockerBuilder } from './docker-builder.ts';
import type { Source } from './image.ts';
import type { BuildImageInputs } from './inputs.ts';
import { githubCache } from './layer-cache.ts';
import { createReach, openSession } from './open-session.ts';
import type { BuildImageDeps } from './run.ts';
import { takeSecrets } from './secrets.ts';
import { versionOfRef } from './tags.ts';

const sourceOf = (env: Environment): Source => {
  const server = env.GITHUB_SERVER_URL;
  const repository = env.GITHUB_REPOSITORY;
  return {
    revision: env.GITHUB_SHA ?? '',
    version: versionOfRef(env.GITHUB_REF ?? ''),
    url: server && repository ? `${server}/${repository}` : undefined,
  };
};

/** What the runner gives to actions that may use GitHub's cache service. */
const hasCacheService = ({ ACTIONS_RUNTIME_TOKEN: token, ACTIONS_RESULTS_URL, ACTIONS_CACHE_URL }: Environment) =>
  Boolean(token) && Boolean(ACTIONS_RESULTS_URL || ACTIONS_CACHE_URL);

/** Returns what `run` needs, with the machine and the registry behind it. */
export const connect = (inputs: BuildImageInputs, kit: Kit): BuildImageDeps => {
  const { env, clock, signal, log } = kit;
  takeSecrets(inputs.images, env, kit.addSecret);
  const workspace = env.GITHUB_WORKSPACE ?? process.cwd();
  const userConfig = env.DOCKER_CONFIG ?? join(homedir(), '.docker');
  const temporary = env.RUNNER_TEMP ?? tmpdir();
  const source = sourceOf(env);
  let opened: ReturnType<typeof openSession> | undefined;
  const open = () => {
    opened ??= openSession(inputs, kit, userConfig);
    return opened;
  };
  const reach = createReach(inputs, kit, userConfig, open);
  const resolve = createBaseResolver({
    reach: async (host) => (await reach(host)).brief,
    clock,
    onUnresolved: (name, why) => log.info(`base image ${name} counts by its name alone: ${why}`),
  });
  const fileCache = inputs.cache === 'gha' && hasCacheService(env) ? githubCache(env.ACTIONS_CACHE_MODE) : undefined;
  const builder = { run: runCommand, env, workspace, temporary, userConfig, clock, signal, fileCache };
  return {
    open,
    builder: createDockerBuilder({ ...builder, revision: source.revision }),
    content: (spec) =>
      readContent(workspace, spec, inputs.attestations, inputs.resolveBaseImages ? resolve : async () => undefined),
    paths: (spec) => resolvePaths(workspace, spec),
    reach,
    source,
    cpus: availableParallelism(),
    log,
    clock,
    signal,
    redact: kit.redact,
  };
};
