import { createHash } from 'node:crypto';

/** A manifest as it was put: its bytes decide its digest, so they are kept as they came. */
export interface StoredManifest {
  /** `sha256:…` of `bytes`. */
  readonly digest: string;
  readonly mediaType: string;
  readonly bytes: Buffer;
  /** Milliseconds since the epoch. */
  readonly pushedAt: number;
}

/** What CreateRepository was asked for, in ECR's own words. */
export interface RepositoryOptions {
  readonly imageTagMutability: 'MUTABLE' | 'IMMUTABLE' | 'IMMUTABLE_WITH_EXCLUSION' | 'MUTABLE_WITH_EXCLUSION';
  /** Wildcard patterns (`*` only) of tags for which the opposite of the base mode holds. */
  readonly exclusionFilters: readonly string[];
  readonly scanOnPush: boolean;
  readonly encryption: Readonly<Record<string, unknown>>;
  readonly tags: readonly { readonly Key: string; readonly Value: string }[];
}

export interface StoredRepository {
  readonly name: string;
  readonly createdAt: number;
  readonly options: RepositoryOptions;
  lifecyclePolicy: string | undefined;
}

/** What came of putting a manifest: `immutable` means nothing was changed. */
export type PutResult =
  | { readonly result: 'created' | 'exists'; readonly digest: string }
  | { readonly result: 'immutable'; readonly tag: string; readonly digest: string };

/**
 * Repositories, manifests, tags and blobs, held in memory. The registry's HTTP interface, the ECR interface and the engine
 * that runs tasks look at the same one.
 */
export interface ImageStore {
  hasRepository(name: string): boolean;
  /** Returns the new repository, or undefined when the name is taken. */
  createRepository(name: string, options?: Partial<RepositoryOptions>): StoredRepository | undefined;
  repository(name: string): StoredRepository | undefined;
  repositories(): readonly StoredRepository[];
  /** `reference` is a tag or a `sha256:…` digest. */
  manifest(repository: string, reference: string): StoredManifest | undefined;
  /**
   * Stores manifest bytes, under `tag` when one is given. A tag that is there in an immutable repository is refused, also
   * for the same digest: ECR answers a repeated push so (moby/buildkit#3776, aws/containers-roadmap#2380).
   */
  putManifest(repository: string, bytes: Buffer, mediaType: string, tag?: string): PutResult;
  manifests(repository: string): readonly StoredManifest[];
  blob(digest: string): Buffer | undefined;
  /** Stores `bytes` and returns their digest. */
  putBlob(bytes: Buffer): string;
  /** Tag to digest. */
  tags(repository: string): ReadonlyMap<string, string>;
}

const defaults: RepositoryOptions = {
  imageTagMutability: 'MUTABLE',
  exclusionFilters: [],
  scanOnPush: false,
  encryption: { encryptionType: 'AES256' },
  tags: [],
};

/** Returns `sha256:<hex>` of the bytes. */
export const digestOf = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

const matchesFilter = (pattern: string, tag: string): boolean =>
  new RegExp(`^${pattern.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`).test(tag);

/** Whether a repository lets this tag point elsewhere: ECR's tag mutability with its exclusion filters. */
export const tagMayMove = (options: RepositoryOptions, tag: string): boolean => {
  const excluded = options.exclusionFilters.some((pattern) => matchesFilter(pattern, tag));
  switch (options.imageTagMutability) {
    case 'MUTABLE':
      return true;
    case 'IMMUTABLE':
      return false;
    case 'IMMUTABLE_WITH_EXCLUSION':
      return excluded;
    case 'MUTABLE_WITH_EXCLUSION':
      return !excluded;
  }
};

/** Returns an empty store. `now` gives milliseconds since the epoch for creation and push times. */
export const createImageStore = (now: () => number = Date.now): ImageStore => {
  const blobs = new Map<string, Buffer>();
  const repositories = new Map<
    string,
    { info: StoredRepository; manifests: Map<string, StoredManifest>; tags: Map<string, string> }
  >();
  return {
    hasRepository: (name) => repositories.has(name),
    createRepository: (name, options = {}) => {
      if (repositories.has(name)) return undefined;
      const info = { name, createdAt: now(), options: { ...defaults, ...options }, lifecyclePolicy: undefined };
      repositories.set(name, { info, manifests: new Map(), tags: new Map() });
      return info;
    },
    repository: (name) => repositories.get(name)?.info,
    repositories: () => [...repositories.values()].map(({ info }) => info),
    manifest: (name, reference) => {
      const repository = repositories.get(name);
      const digest = reference.startsWith('sha256:') ? reference : repository?.tags.get(reference);
      return digest === undefined ? undefined : repository?.manifests.get(digest);
    },
    putManifest: (name, bytes, mediaType, tag) => {
      const repository = repositories.get(name);
      if (!repository) throw new Error(`the image store has no repository "${name}".`);
      const digest = digestOf(bytes);
      const before = tag === undefined ? undefined : repository.tags.get(tag);
      if (tag !== undefined && before !== undefined && !tagMayMove(repository.info.options, tag)) {
        return { result: 'immutable', tag, digest: before };
      }
      const known = repository.manifests.has(digest);
      if (!known) repository.manifests.set(digest, { digest, mediaType, bytes, pushedAt: now() });
      if (tag !== undefined) repository.tags.set(tag, digest);
      return { result: known && before === digest ? 'exists' : 'created', digest };
    },
    manifests: (name) => [...(repositories.get(name)?.manifests.values() ?? [])],
    blob: (digest) => blobs.get(digest),
    putBlob: (bytes) => {
      const digest = digestOf(bytes);
      blobs.set(digest, bytes);
      return digest;
    },
    tags: (name) => repositories.get(name)?.tags ?? new Map(),
  };
};
