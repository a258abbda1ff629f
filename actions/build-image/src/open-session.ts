import { InputError } from '@hospital-ops/action-kit/errors';
import type { Kit } from '@hospital-ops/action-kit/run-action';
import { parseEcrHost } from '@hospital-ops/aws/ecr/parse';
import type { Ecr } from '@hospital-ops/aws/ecr/ports';
import type { Credentials } from '@hospital-ops/registry-client/authentication';
import type { Registry } from '@hospital-ops/registry-client/client';
import { createRegistry } from '@hospital-ops/registry-client/client';
import type { RegistryOptions } from '@hospital-ops/registry-client/transport';
import { storedCredentials } from './docker-credentials.ts';
import type { BuildImageInputs } from './inputs.ts';
import { MOVING_TAGS } from './repository.ts';
import type { RegistrySession } from './session.ts';
import { ecrSession, plainSession } from './session.ts';

/** A registry beside the one that is pushed to, and what it was logged in to with. */
export interface Reached {
  readonly registry: Registry;
  /** The same for looks that a build can do without: soon it gives up. */
  readonly brief: Registry;
  readonly credentials: Credentials | undefined;
}

const BRIEF = { delays: [500], timeoutMs: 5_000 };

const registryAt = (
  host: string,
  credentials: () => Credentials | undefined,
  { clock, signal, log }: Kit,
  more: Pick<RegistryOptions, 'delays' | 'timeoutMs' | 'renew'> = {},
): Registry => {
  const onRetry = (message: string) => log.info(`${message} Trying again.`);
  return createRegistry({ host, credentials, clock, signal, onRetry, ...more });
};

/** Returns `ecr`, which is asked about these repositories at once: that needs no login, and is done beside it. */
const askingAhead = (ecr: Ecr, names: readonly string[]): Ecr => {
  const asked = new Map([...new Set(names)].map((name) => [name, ecr.repository(name)]));
  // Whoever asks is told; nobody may, where the login fails.
  for (const answer of asked.values()) answer.catch(() => undefined);
  return {
    ...ecr,
    repository: (name) => {
      const ahead = asked.get(name);
      // Once: an image of the same repository may have created it since.
      asked.delete(name);
      return ahead ?? ecr.repository(name);
    },
  };
};

const openEcr = async (inputs: BuildImageInputs, kit: Kit): Promise<RegistrySession> => {
  const { registry, kmsKey, lifecyclePolicy } = inputs;
  const { createEcr } = await import('@hospital-ops/aws/ecr/client');
  const repositories = inputs.images.map(({ repository }) => repository);
  const ecr = askingAhead(createEcr(kit, registry), repositories);
  const enter = async () => {
    const authorization = await ecr.authorization();
    kit.addSecret(authorization.password);
    return authorization;
  };
  const first = await enter();
  let current: Credentials = first;
  let renewed: Promise<Credentials> | undefined;
  const renew = async () => {
    renewed ??= enter();
    current = await renewed;
    return current;
  };
  const settings = { movingTags: MOVING_TAGS, kmsKey, lifecyclePolicy };
  const client = registryAt(registry ?? first.registry, () => current, kit, { renew });
  return ecrSession(ecr, client, first, renew, settings);
};

/** Logs in to the registry as the inputs say. `userConfig` is the folder of the user's Docker configuration. */
export const openSession = async (inputs: BuildImageInputs, kit: Kit, userConfig: string): Promise<RegistrySession> => {
  if (inputs.registryAuth === 'ecr') return openEcr(inputs, kit);
  if (inputs.registry === undefined) throw new InputError(['`registry` is required']);
  const stored = inputs.registryAuth === 'docker' ? storedCredentials(userConfig, inputs.registry) : undefined;
  if (stored) kit.addSecret(stored.password);
  return plainSession(registryAt(inputs.registry, () => stored, kit));
};

const credentialsOf = async (
  host: string,
  inputs: BuildImageInputs,
  kit: Kit,
  userConfig: string,
): Promise<Credentials | undefined> => {
  const stored = storedCredentials(userConfig, host);
  if (stored !== undefined || inputs.registryAuth !== 'ecr' || parseEcrHost(host) === undefined) return stored;
  const { createEcr } = await import('@hospital-ops/aws/ecr/client');
  const { username, password } = await createEcr(kit, host).authorization();
  return { username, password };
};

/**
 * Returns a way to registries of base images and of images to promote: each is logged in to once, with what an earlier
 * step left in the Docker configuration, or for an ECR registry of any account and region with the AWS credentials. `own`
 * is the session with the registry that is pushed to, where there is one.
 */
export const createReach = (
  inputs: BuildImageInputs,
  kit: Kit,
  userConfig: string,
  own: () => Promise<RegistrySession>,
) => {
  const reached = new Map<string, Promise<Reached>>();
  const open = async (host: string): Promise<Reached> => {
    const session = inputs.push ? await own() : undefined;
    if (session?.registry.host === host) {
      return { credentials: session.credentials, registry: session.registry, brief: session.registry };
    }
    const credentials = await credentialsOf(host, inputs, kit, userConfig);
    if (credentials) kit.addSecret(credentials.password);
    return {
      credentials,
      registry: registryAt(host, () => credentials, kit),
      brief: registryAt(host, () => credentials, kit, BRIEF),
    };
  };
  return (host: string): Promise<Reached> => {
    const known = reached.get(host) ?? open(host);
    reached.set(host, known);
    return known;
  };
};
