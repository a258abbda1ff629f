/** The Parameter Store calls that the suite makes. Methods throw AwsError. */
export interface Parameters {
  /**
   * Returns those of the names or ARNs that are no parameter. Any number, asked in batches of 10, which is what
   * GetParameters takes. `region` undefined: that of the credentials. Values are not decrypted and go nowhere.
   */
  missing(region: string | undefined, names: readonly string[]): Promise<readonly string[]>;
}
