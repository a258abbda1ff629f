import type { QueryService } from './dispatcher.ts';
import type { LocalIam } from './iam/iam.ts';
import { hexId, nameOf } from './ids.ts';
import { AwsFault } from './service.ts';
import type { WebIdentityProvider } from './web-identity.ts';
import { checkWebIdentity } from './web-identity.ts';

interface StsOptions {
  readonly iam: LocalIam;
  /** Without one every web identity is believed. */
  readonly provider?: WebIdentityProvider | undefined;
}

/** STS: the caller is always the deploy role; credentials are made up and never verified, web identities are. */
export const createSts = ({ iam, provider }: StsOptions): QueryService => ({
  name: 'sts',
  targetPrefix: 'AWSSecurityTokenServiceV20110615',
  version: '2011-06-15',
  namespace: 'https://sts.amazonaws.com/doc/2011-06-15/',
  operations: {
    GetCallerIdentity: (_input, { accountId }) => ({
      UserId: 'AROAREHEARSAL:rehearsal',
      Account: accountId,
      Arn: `arn:aws:sts::${accountId}:assumed-role/deploy/rehearsal`,
    }),
    AssumeRoleWithWebIdentity: async (input, { now, accountId }) => {
      const {
        RoleArn = '',
        RoleSessionName = '',
        DurationSeconds = 3600,
        WebIdentityToken = '',
      } = input as { RoleArn?: string; RoleSessionName?: string; DurationSeconds?: number; WebIdentityToken?: string };
      if (!/^arn:aws:iam::\d{12}:role\/.+/.test(RoleArn))
        throw new AwsFault('ValidationError', `${RoleArn} is invalid`);
      if (WebIdentityToken.split('.').length !== 3)
        throw new AwsFault(
          'InvalidIdentityToken',
          'The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)',
        );
      if (provider !== undefined) {
        await checkWebIdentity(WebIdentityToken, RoleArn, DurationSeconds, { accountId, now }, { provider, iam });
      }
      return {
        Credentials: {
          AccessKeyId: `ASIA${hexId(16).toUpperCase()}`,
          SecretAccessKey: hexId(40),
          SessionToken: hexId(64),
          Expiration: new Date(now + DurationSeconds * 1000),
        },
        AssumedRoleUser: {
          AssumedRoleId: `AROAREHEARSAL:${RoleSessionName}`,
          Arn: `arn:aws:sts::${accountId}:assumed-role/${nameOf(RoleArn)}/${RoleSessionName}`,
        },
        Provider: 'token.actions.githubusercontent.com',
        Audience: 'sts.amazonaws.com',
      };
    },
  },
});
