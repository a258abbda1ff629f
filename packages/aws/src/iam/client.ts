import { GetRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { AwsError } from '@hospital-ops/action-kit/errors';
import type { ClientContext } from '../client-options.ts';
import { clientOptions } from '../client-options.ts';
import { toAwsError } from '../errors.ts';
import { parseTrust } from './parse.ts';
import type { Iam } from './ports.ts';

/** Returns the IAM calls of the suite over the AWS SDK; they are looks that can be done without. */
export const createIam = (context: ClientContext): Iam => {
  const client = new IAMClient(clientOptions(context, 'brief'));
  return {
    role: async (name) => {
      try {
        const { Role } = await client.send(new GetRoleCommand({ RoleName: name }));
        return { arn: Role?.Arn ?? '', trust: parseTrust(Role?.AssumeRolePolicyDocument) };
      } catch (error) {
        const failure = toAwsError('iam:GetRole', `role "${name}"`, error);
        // The query protocol names it without the suffix that the SDK's class has.
        if (failure instanceof AwsError && /^NoSuchEntity/.test(failure.code)) return undefined;
        throw failure;
      }
    },
  };
};
