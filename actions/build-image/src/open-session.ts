import { InputError } from '@hospital-ops/action-kit/errors';
import type { Kit } from '@hospital-ops/action-kit/run-action';
import type { Credentials } from '@hospital-ops/registry-client/authentication';
import type { Registry } from '@hospital-ops/registry-client/client';
import { createRegistry } from '@hospital-ops/registry-client/client';
import { storedCredentials } from './docker-credentials.ts';
import type { BuildImageInputs } from './inputs.ts';
import type { RegistrySession } from './session.ts';
import { ecrSession, plainSession } from './session.ts';

const registryAt = (host: string, credentials: Credentials | undefined, { clock, signal, log }: Kit): Registry =>
  createRegistry({ host, credentials, clock, signal, onRetry: (message) => log.info(`${message} Trying again.`) });

const openEcr = async ({ registry }: BuildImageInputs, kit: Kit): Promise<RegistrySession> => {
  const { createEcr } = await import('@hospital-ops/aws/ecr/client');
  const ecr = createEcr(kit, registry);
  const { registry: own, username, password } = await ecr.authorization();
  kit.addSecret(password);
  return ecrSession(ecr, registryAt(registry ?? own, { username, password }, kit), { username, password });
};

/** Logs in to the registry as the inputs say. `userConfig` is the folder of the user's Docker configuration. */
export const openSession = async (inputs: BuildImageInputs, kit: Kit, userConfig: string): Promise<RegistrySession> => {
  if (inputs.registryAuth === 'ecr') return openEcr(inputs, kit);
  if (inputs.registry === undefined) throw new InputError(['`registry` is required']);
  const stored = inputs.registryAuth === 'docker' ? storedCredentials(userConfig, inputs.registry) : undefined;
  if (stored) kit.addSecret(stored.password);
  return plainSession(registryAt(inputs.registry, stored, kit));
};
