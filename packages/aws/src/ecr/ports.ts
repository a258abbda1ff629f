/** Credentials for the registry of the caller's account. Valid for 12 hours (API_GetAuthorizationToken). */
export interface EcrAuthorization {
  /** `123456789012.dkr.ecr.ap-south-1.amazonaws.com`, or `host:port`. */
  readonly registry: string;
  readonly username: string;
  readonly password: string;
}

/** A repository, and what it was made with. */
export interface EcrRepository {
  readonly name: string;
  /** Whether a tag may be put on another digest; undefined where the repository's rules are not understood. */
  mayMove(tag: string): boolean | undefined;
  readonly scanOnPush: boolean;
  /** The key of KMS that encrypts it; undefined for ECR's own. */
  readonly kmsKey: string | undefined;
}

/** What a new repository is made with, beside immutable tags and scan on push. */
export interface RepositorySettings {
  /** Patterns (`*` only) of tags that may move all the same. */
  readonly movingTags: readonly string[];
  /** ARN, id or alias of a key of KMS. */
  readonly kmsKey?: string | undefined;
  /** JSON, as ECR takes it. */
  readonly lifecyclePolicy?: string | undefined;
}

export type Severity = 'critical' | 'high' | 'medium' | 'low' | 'informational' | 'unrated';

/** One vulnerability of an image. Texts are foreign. */
export interface Finding {
  /** `CVE-2026-1234`, or what else the scanner calls it. */
  readonly id: string;
  readonly severity: Severity;
  /** `openssl 3.0.1`, several joined. */
  readonly packages: string;
  /** The versions that are mended, where the scanner tells. */
  readonly fixedIn: string;
  /** Undefined where the scanner does not tell (basic scanning never does). */
  readonly fixable: boolean | undefined;
}

/** Every status of a scan (API_ImageScanStatus). */
export const SCAN_STATUSES = [
  'IN_PROGRESS',
  'COMPLETE',
  'FAILED',
  'UNSUPPORTED_IMAGE',
  'ACTIVE',
  'PENDING',
  'SCAN_ELIGIBILITY_EXPIRED',
  'FINDINGS_UNAVAILABLE',
  'LIMIT_EXCEEDED',
  'IMAGE_ARCHIVED',
] as const;
export type ScanStatus = (typeof SCAN_STATUSES)[number];

/** What ECR says of an image's scan. */
export interface ScanSeen {
  /** `absent`: nobody has asked for a scan yet. `unknown`: a status that is none of ECR's. */
  readonly status: ScanStatus | 'absent' | 'unknown';
  /** Foreign text. */
  readonly description: string;
  /** Undefined where the answer holds no findings object, or one that contradicts its own counts: not the same as none. */
  readonly findings: readonly Finding[] | undefined;
  /** When the scan last ended, milliseconds since the epoch; undefined where the answer does not say. */
  readonly completedAt: number | undefined;
  /** Enhanced scanning (Amazon Inspector), which goes on for as long as the image is there. */
  readonly isEnhanced: boolean;
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
  createRepository(name: string, settings: RepositorySettings): Promise<EcrRepository>;
  /** The lifecycle policy of a repository, or undefined when it has none. */
  lifecyclePolicy(repository: string): Promise<string | undefined>;
  /** Puts `tag` on a manifest that the repository holds already. */
  putTag(repository: string, tag: string, manifest: EcrManifest): Promise<PutTag>;
  /** What is known of the scan of a single image; indexes have none of their own. */
  scan(repository: string, digest: string): Promise<ScanSeen>;
  /** Asks for a scan that nobody asked for; where scans go by themselves ECR refuses, which is no error. */
  startScan(repository: string, digest: string): Promise<void>;
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
