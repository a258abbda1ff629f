export interface Role {
  readonly arn: string;
  /** The trust policy as it was written; undefined when it could not be read. */
  readonly trust: unknown;
}

/** The IAM calls that the suite makes. Methods throw AwsError. */
export interface Iam {
  /** By name, without path; undefined when there is none. */
  role(name: string): Promise<Role | undefined>;
}
