import { randomUUID } from 'node:crypto';
import type { AwsService } from './service.ts';
import { AwsFault } from './service.ts';

interface Secret {
  readonly arn: string;
  readonly name: string;
  readonly text: string | undefined;
  readonly bytes: Uint8Array | undefined;
  readonly version: string;
  readonly createdAt: number;
  readonly description: string | undefined;
  readonly tags: unknown;
}

export interface LocalSecretsManager {
  readonly service: AwsService;
  /** The text of a secret by name, full ARN or ARN without its six random characters; undefined when there is none. */
  value(nameOrArn: string): string | undefined;
}

const SUFFIX = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';

export const createSecretsManager = (): LocalSecretsManager => {
  const secrets = new Map<string, Secret>();
  const find = (reference: string): Secret | undefined =>
    secrets.get(reference) ??
    [...secrets.values()].find(({ arn }) => arn === reference || arn.slice(0, -7) === reference);
  const required = (reference: unknown): Secret => {
    const found = find(String(reference));
    if (found === undefined)
      throw new AwsFault('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
    return found;
  };
  const service: AwsService = {
    name: 'secretsmanager',
    targetPrefix: 'secretsmanager',
    operations: {
      CreateSecret: (input, { region, accountId, now }) => {
        const { Name, SecretString, SecretBinary, Description, Tags } = input as {
          Name: string;
          SecretString?: string;
          SecretBinary?: Uint8Array;
          Description?: string;
          Tags?: unknown;
        };
        if (secrets.has(Name))
          throw new AwsFault(
            'ResourceExistsException',
            `The operation failed because the secret ${Name} already exists.`,
          );
        // The ARN ends in a hyphen and six random characters ("What's in a Secrets Manager secret").
        const suffix = Array.from({ length: 6 }, () => SUFFIX[Math.floor(Math.random() * SUFFIX.length)]).join('');
        const arn = `arn:aws:secretsmanager:${region}:${accountId}:secret:${Name}-${suffix}`;
        const version = randomUUID();
        secrets.set(Name, {
          arn,
          name: Name,
          text: SecretString,
          bytes: SecretBinary,
          version,
          createdAt: now,
          description: Description,
          tags: Tags,
        });
        return { ARN: arn, Name, VersionId: version };
      },
      GetSecretValue: (input) => {
        const secret = required(input.SecretId);
        return {
          ARN: secret.arn,
          Name: secret.name,
          VersionId: secret.version,
          VersionStages: ['AWSCURRENT'],
          CreatedDate: new Date(secret.createdAt),
          ...(secret.text === undefined ? {} : { SecretString: secret.text }),
          ...(secret.bytes === undefined ? {} : { SecretBinary: secret.bytes }),
        };
      },
      DescribeSecret: (input) => {
        const secret = required(input.SecretId);
        return {
          ARN: secret.arn,
          Name: secret.name,
          CreatedDate: new Date(secret.createdAt),
          LastChangedDate: new Date(secret.createdAt),
          VersionIdsToStages: { [secret.version]: ['AWSCURRENT'] },
          ...(secret.description === undefined ? {} : { Description: secret.description }),
          ...(secret.tags === undefined ? {} : { Tags: secret.tags }),
        };
      },
    },
  };
  return { service, value: (reference) => find(reference)?.text };
};
