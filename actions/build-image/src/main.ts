import { availableParallelism, homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { InputError } from '@hospital-ops/action-kit/errors';
import type { Environment, Kit } from '@hospital-ops/action-kit/run-action';
import { runAction } from '@hospital-ops/action-kit/run-action';
import type { Credentials } from '@hospital-ops/registry-client/authentication';
import { createRegistry } from '@hospital-ops/registry-client/client';
import { runCommand } from './command.ts';
import { contentHash, resolvePaths } from './content-hash.ts';
import { createDockerBuilder } from './docker-builder.ts';
import { storedCredentials } from './docker-credentials.ts';
import type { Source } from './image.ts';
import type { BuildImageInputs } from './inputs.ts';
import { parseBuildImageInputs } from './inputs.ts';
import { outputs, runBuildImage } from './run.ts';
import type { RegistrySession } from './session.ts';
import { ecrSession, plainSession } from './session.ts';
import { versionOfRef } from './tags.ts';

const sourceOf = (env: Environment): Source => {
  const server = env['GITHUB_SERVER_URL'];
  const repository = env['GITHUB_REPOSITORY'];
  return {
    revision: env['GITHUB_SHA'] ?? '',
    version: versionOfRef(env['GITHUB_REF'] ?? ''),
    url: server && repository ? `${server}/${repository}` : undefined,
  };
};

const openEcr = async (inputs: BuildImageInputs, kit: Kit): Promise<RegistrySession> => {
  const { createEcr } = await import('@hospital-ops/aws/ecr/client');
  const ecr = createEcr(kit, inputs.registry);
  const { registry, ...credentials } = await ecr.authorization();
  kit.addSecret(credentials.password);
  return ecrSession(ecr, registryAt(inputs.registry ?? registry, credentials, kit), credentials);
};

const registryAt = (host: string, credentials: Credentials | undefined, kit: Kit) =>
  createRegistry({ ...kit, host, credentials, onRetry: (message) => kit.log.info(`${message} Trying again.`) });

const open = async (inputs: BuildImageInputs, kit: Kit, userConfig: string): Promise<RegistrySession> => {
  if (inputs.registryAuth === 'ecr') return openEcr(inputs, kit);
  if (inputs.registry === undefined) throw new InputError(['`registry` is required']);
  const stored = inputs.registryAuth === 'docker' ? storedCredentials(userConfig, inputs.registry) : undefined;
  if (stored) kit.addSecret(stored.password);
  return plainSession(registryAt(inputs.registry, stored, kit));
};

const connect = (inputs: BuildImageInputs, kit: Kit) => {
  const { env, clock, signal } = kit;
  const workspace = env['GITHUB_WORKSPACE'] ?? process.cwd();
  const userConfig = env['DOCKER_CONFIG'] ?? join(homedir(), '.docker');
  const temporary = env['RUNNER_TEMP'] ?? tmpdir();
  return {
    open: () => open(inputs, kit, userConfig),
    builder: createDockerBuilder({ run: runCommand, env, workspace, temporary, userConfig, clock, signal }),
    contentHash: (spec: Parameters<typeof contentHash>[1]) => contentHash(workspace, spec),
    paths: (spec: Parameters<typeof resolvePaths>[1]) => resolvePaths(workspace, spec),
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
