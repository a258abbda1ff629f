import type { LocalAws } from '../aws/local-aws.ts';
import { ISSUER } from '../oidc/issuer.ts';

/** The trust policy that the suite's README recommends: tokens for STS, of jobs of this repository alone. */
const trustIn = (repository: string, accountId: string): string => {
  const { host } = new URL(ISSUER);
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Federated: `arn:aws:iam::${accountId}:oidc-provider/${host}` },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: {
          StringEquals: { [`${host}:aud`]: 'sts.amazonaws.com' },
          StringLike: { [`${host}:sub`]: `repo:${repository}:*` },
        },
      },
    ],
  });
};

/** Creates the roles that a workflow names, as its account would have them. */
export const trustRoles = (aws: LocalAws, texts: readonly string[], repository: string): void => {
  const names = texts.flatMap((text) => [...text.matchAll(/arn:aws[\w-]*:iam::\d{12}:role\/[\w+=,.@/-]+/g)]);
  for (const [arn] of names) aws.iam.createTrustedRole(arn, trustIn(repository, aws.accountId));
};
