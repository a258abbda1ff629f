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

export interface ImagePlatform {
  readonly os: string;
  /** As Go names it: amd64, arm64. */
  readonly architecture: string;
}

/** What lies under a tag or digest. */
export type ImageSeen =
  /** `platforms` is undefined when the manifest does not tell; ask `platformOf` with `config` then. */
  | {
      readonly kind: 'found';
      readonly platforms: readonly ImagePlatform[] | undefined;
      readonly config: string | undefined;
    }
  | { readonly kind: 'no-repository' }
  | { readonly kind: 'no-image' }
  /** ECR could not tell, such as when the registry behind a pull-through cache does not answer. Foreign text. */
  | { readonly kind: 'unclear'; readonly reason: string };

export interface ImageAddress {
  /** A private ECR registry, of any account and region. */
  readonly host: string;
  readonly repository: string;
  readonly tag: string | undefined;
  readonly digest: string | undefined;
}

/** What ECR knows of images. Methods throw AwsError. */
export interface Images {
  find(image: ImageAddress): Promise<ImageSeen>;
  /** Reads the configuration of an image (its digest is in the manifest); undefined when it does not tell. */
  platformOf(image: ImageAddress, config: string): Promise<ImagePlatform | undefined>;
}
