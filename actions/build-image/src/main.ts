import { availableParallelism, homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Environment, Kit } from '@hospital-ops/action-kit/run-action';
import { runAction } from '@hospital-ops/action-kit/run-action';
import { runCommand } from './command.ts';
import { contentHash, resolvePaths } from './content-hash.ts';
import { createDockerBuilder } from './docker-builder.ts';
import type { Source } from './image.ts';
import type { BuildImageInputs } from './inputs.ts';
import { parseBuildImageInputs } from './inputs.ts';
import { openSession } from './open-session.ts';
import type { BuildImageDeps } from './run.ts';
import { outputs, runBuildImage } from './run.ts';
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

export const connect = (inputs: BuildImageInputs, kit: Kit): BuildImageDeps => {
  const { env, clock, signal } = kit;
  const workspace = env.GITHUB_WORKSPACE ?? process.cwd();
  const userConfig = env.DOCKER_CONFIG ?? join(homedir(), '.docker');
  const temporary = env.RUNNER_TEMP ?? tmpdir();
  return {
    open: () => openSession(inputs, kit, userConfig),
    builder: createDockerBuilder({ run: runCommand, env, workspace, temporary, userConfig, clock, signal }),
    contentHash: (spec) => contentHash(workspace, spec),
    paths: (spec) => resolvePaths(workspace, spec),
    source: sourceOf(env),
    cpus: availableParallelism(),
    log: kit.log,
    clock,
    signal,
    redact: kit.redact,
  };
};

export const main = () =>
  runAction({
    name: 'build-image',
    outputs,
    parse: parseBuildImageInputs,
    connect,
    run: runBuildImage,
    failedOutputs: () => ({ images: '{}', results: '{}' }),
  });
