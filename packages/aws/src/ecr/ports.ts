/** Credentials for the registry of the caller's account. Valid for 12 hours (API_GetAuthorizationToken). */
export interface EcrAuthorization {
  /** `123456789012.dkr.ecr.ap-south-1.amazonaws.com`, or `host:port`. */
  readonly registry: string;
  readonly username: string;
  readonly password: string;
}

/** `with-exclusion`: some tags may move, by filters of the repository. */
export type TagMutability = 'mutable' | 'immutable' | 'with-exclusion';

export interface EcrRepository {
  readonly name: string;
  readonly tags: TagMutability;
}

/** A manifest as it lies in the registry; `digest` is that of its very bytes. */
export interface EcrManifest {
  readonly digest: string;
  readonly mediaType: string;
  readonly bytes: Buffer;
}

/**
 * What became of a tag. `present`: it was on this digest already. `taken`: it is on another one and the repository does
 * not let tags move.
 */
export type PutTag = 'tagged' | 'present' | 'taken';

/** The calls of ECR that the suite makes. All throw AwsError. */
export interface Ecr {
  authorization(): Promise<EcrAuthorization>;
  /** The repository, or undefined when there is none of this name. */
  repository(name: string): Promise<EcrRepository | undefined>;
  /** Creates it with immutable tags and scan on push. One that came to be in the meantime is returned as it is. */
  createRepository(name: string): Promise<EcrRepository>;
  /** Puts `tag` on a manifest that the repository holds already. */
  putTag(repository: string, tag: string, manifest: EcrManifest): Promise<PutTag>;
}
