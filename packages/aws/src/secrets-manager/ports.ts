export interface SecretSeen {
  /** True when it was deleted and waits for its end: nobody can read it any more. */
  readonly isDeleted: boolean;
  /** Version id → its stages. */
  readonly versions: ReadonlyMap<string, readonly string[]>;
}

/** A version of a secret; without stage and id the current one. */
export interface SecretVersion {
  readonly arn: string;
  readonly stage: string | undefined;
  readonly versionId: string | undefined;
}

/** What is known of a secret's value, which itself never leaves the client. */
export type SecretKeys =
  | { readonly kind: 'keys'; readonly keys: readonly string[] }
  | { readonly kind: 'no-json' }
  /** `reason` is the code of AWS: there is no such secret or version, or it is deleted. */
  | { readonly kind: 'missing'; readonly reason: string };

/** The Secrets Manager calls that the suite makes. The region is that of the ARN. Methods throw AwsError. */
export interface SecretStore {
  /** Undefined when there is none. */
  describe(arn: string): Promise<SecretSeen | undefined>;
  /** Reads the value to tell its keys. */
  keys(version: SecretVersion): Promise<SecretKeys>;
}
