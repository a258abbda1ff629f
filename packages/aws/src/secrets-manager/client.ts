import { DescribeSecretCommand, GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { AwsError } from '@hospital-ops/action-kit/errors';
import type { ClientContext } from '../client-options.ts';
import { clientOptions } from '../client-options.ts';
import { toAwsError } from '../errors.ts';
import { perRegion } from '../per-region.ts';
import type { SecretKeys, SecretStore } from './ports.ts';

const NOT_FOUND = 'ResourceNotFoundException';
/** A secret that is marked for deletion (API_GetSecretValue). */
const DELETED = 'InvalidRequestException';

/** The text of the value ends here: only names of keys are handed on. */
const keysOf = (text: string | undefined): SecretKeys => {
  try {
    const value: unknown = JSON.parse(text ?? '');
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return { kind: 'no-json' };
    return { kind: 'keys', keys: Object.keys(value) };
  } catch {
    return { kind: 'no-json' };
  }
};

/** Returns the Secrets Manager calls of the suite over the AWS SDK; they are looks that can be done without. */
export const createSecretStore = (context: ClientContext): SecretStore => {
  const clientIn = perRegion((region) => new SecretsManagerClient({ ...clientOptions(context, 'brief'), ...region }));
  const clientOf = (arn: string) => clientIn(arn.split(':')[3] || undefined);
  return {
    describe: async (arn) => {
      try {
        const answer = await clientOf(arn).send(new DescribeSecretCommand({ SecretId: arn }));
        return {
          isDeleted: answer.DeletedDate !== undefined,
          versions: new Map(Object.entries(answer.VersionIdsToStages ?? {})),
        };
      } catch (error) {
        const failure = toAwsError('secretsmanager:DescribeSecret', `secret ${arn}`, error);
        if (failure instanceof AwsError && failure.code === NOT_FOUND) return undefined;
        throw failure;
      }
    },
    keys: async ({ arn, stage, versionId }) => {
      try {
        const answer = await clientOf(arn).send(
          new GetSecretValueCommand({
            SecretId: arn,
            ...(stage !== undefined && { VersionStage: stage }),
            ...(versionId !== undefined && { VersionId: versionId }),
          }),
        );
        return keysOf(answer.SecretString);
      } catch (error) {
        const failure = toAwsError('secretsmanager:GetSecretValue', `secret ${arn}`, error);
        if (failure instanceof AwsError && [NOT_FOUND, DELETED].includes(failure.code)) {
          return { kind: 'missing', reason: failure.code === NOT_FOUND ? 'it does not exist' : 'it is being deleted' };
        }
        throw failure;
      }
    },
  };
};
