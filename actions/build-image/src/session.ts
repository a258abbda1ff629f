import type { Ecr, PutTag, RepositorySettings } from '@hospital-ops/aws/ecr/ports';
import type { Credentials } from '@hospital-ops/registry-client/authentication';
import type { Registry } from '@hospital-ops/registry-client/client';
import { RegistryError } from '@hospital-ops/registry-client/errors';
import type { Manifest } from '@hospital-ops/registry-client/manifest';
import { differencesOf } from './repository.ts';
import type { Scans } from './scan-gate.ts';

export interface RepositoryFacts {
  /** Whether the repository lets a tag move; undefined where only a try would tell. */
  mayMove(tag: string): boolean | undefined;
  /** How it differs from what would be created. */
  readonly differences: readonly string[];
}

/** A registry that this run may read and write. */
export interface RegistrySession {
  readonly registry: Registry;
  /** What is known of a repository; undefined when there is none. */
  describe(repository: string): Promise<RepositoryFacts | undefined>;
  /** Creates a repository; only called after `describe` said that there is none. */
  create(repository: string): Promise<RepositoryFacts>;
  putTag(repository: string, tag: string, manifest: Manifest): Promise<PutTag>;
  /** What the builder logs in with; undefined where it needs no login, or has one. */
  readonly credentials?: Credentials | undefined;
  /** Logs in anew, once: whoever asks again is told the same. Undefined where only the user can. */
  readonly renew?: (() => Promise<Credentials>) | undefined;
  /** Where images are scanned. */
  readonly scans?: Scans | undefined;
}

/** Returns a session with ECR: repositories, tags and scans by its API, everything else by the registry's. */
export const ecrSession = (
  ecr: Ecr,
  registry: Registry,
  credentials: Credentials,
  renew: () => Promise<Credentials>,
  settings: RepositorySettings,
): RegistrySession => ({
  registry,
  credentials,
  renew,
  scans: ecr,
  describe: async (name) => {
    const found = await ecr.repository(name);
    if (found === undefined) return undefined;
    const policy = settings.lifecyclePolicy === undefined ? undefined : await ecr.lifecyclePolicy(name);
    return { mayMove: found.mayMove, differences: differencesOf(found, settings, policy) };
  },
  create: async (name) => ({ mayMove: (await ecr.createRepository(name, settings)).mayMove, differences: [] }),
  putTag: ecr.putTag,
});

/** Registries that keep tags answer a second put with OCI's TAG_INVALID, or say so in words. */
const saysImmutable = (error: unknown): boolean =>
  error instanceof RegistryError &&
  [400, 403, 405, 409, 412].includes(error.status) &&
  (error.code === 'TAG_INVALID' || /immutable|cannot be overwritten/i.test(error.why ?? ''));

const UNKNOWN: RepositoryFacts = { mayMove: () => undefined, differences: [] };

/** Returns a session with any other registry. Repositories come to be by the first push. */
export const plainSession = (registry: Registry): RegistrySession => ({
  registry,
  describe: async () => UNKNOWN,
  create: async () => UNKNOWN,
  putTag: async (repository, tag, manifest) => {
    try {
      await registry.putManifest(repository, tag, manifest);
      return 'tagged';
    } catch (error) {
      if (saysImmutable(error)) return 'taken';
      throw error;
    }
  },
});
