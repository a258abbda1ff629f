import type { Ecr, PutTag, TagMutability } from '@hospital-ops/aws/ecr/ports';
import type { Credentials } from '@hospital-ops/registry-client/authentication';
import type { Registry } from '@hospital-ops/registry-client/client';
import { RegistryError } from '@hospital-ops/registry-client/errors';
import type { Manifest } from '@hospital-ops/registry-client/manifest';

/** A registry that this run may read and write. */
export interface RegistrySession {
  readonly registry: Registry;
  /** Whether a repository lets tags move; undefined when there is no such repository. */
  describe(repository: string): Promise<TagMutability | 'unknown' | undefined>;
  /** Creates a repository; only called after `describe` said that there is none. */
  create(repository: string): Promise<TagMutability>;
  putTag(repository: string, tag: string, manifest: Manifest): Promise<PutTag>;
  /** What the builder logs in with; undefined where it needs no login, or has one. */
  readonly credentials?: Credentials | undefined;
}

/** Returns a session with ECR: repositories and tags by its API, everything else by the registry's. */
export const ecrSession = (ecr: Ecr, registry: Registry, credentials: Credentials): RegistrySession => ({
  registry,
  credentials,
  describe: async (name) => (await ecr.repository(name))?.tags,
  create: async (name) => (await ecr.createRepository(name)).tags,
  putTag: ecr.putTag,
});

/** Registries that keep tags answer a second put with OCI's TAG_INVALID, or say so in words. */
const saysImmutable = (error: unknown): boolean =>
  error instanceof RegistryError &&
  [400, 403, 405, 409, 412].includes(error.status) &&
  (error.code === 'TAG_INVALID' || /immutable|cannot be overwritten/i.test(error.why ?? ''));

/** Returns a session with any other registry. Repositories come to be by the first push. */
export const plainSession = (registry: Registry): RegistrySession => ({
  registry,
  describe: async () => 'unknown',
  create: async () => 'mutable',
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
