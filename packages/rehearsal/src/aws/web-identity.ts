import type { LocalIam } from './iam/iam.ts';
import type { Identity } from './iam/trust-policy.ts';
import { trusts } from './iam/trust-policy.ts';
import { nameOf } from './ids.ts';
import { AwsFault } from './service.ts';

/** The identity provider that an account trusts. */
export interface WebIdentityProvider {
  /** Without `https://`. */
  readonly issuer: string;
  /** Returns the claims of a token whose signature is good, undefined for any other. */
  verify(token: string): Promise<Readonly<Record<string, unknown>> | undefined>;
}

const issuerOf = (token: string): string => {
  try {
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as {
      iss?: unknown;
    };
    return String(claims.iss);
  } catch {
    return '';
  }
};

/** Throws what STS refuses a web identity with; returns its claims. */
export const checkWebIdentity = async (
  token: string,
  roleArn: string,
  durationSeconds: number,
  account: { readonly accountId: string; readonly now: number },
  { provider, iam }: { readonly provider: WebIdentityProvider; readonly iam: LocalIam },
): Promise<void> => {
  const { issuer } = provider;
  const claims = await provider.verify(token);
  if (claims === undefined) {
    const told = issuerOf(token);
    throw told === `https://${issuer}`
      ? new AwsFault('InvalidIdentityToken', "Couldn't retrieve verification key from your identity provider")
      : new AwsFault('InvalidIdentityToken', `No OpenIDConnect provider found in your account for ${told}`);
  }
  if (Number(claims.exp) * 1_000 <= account.now) {
    throw new AwsFault('ExpiredTokenException', 'Token expired: the current time is after its expiration time');
  }
  const role = iam.role(nameOf(roleArn));
  const identity: Identity = Object.fromEntries(
    Object.entries(claims).map(([name, value]) => [`${issuer}:${name}`, String(value)]),
  );
  const providerArn = `arn:aws:iam::${account.accountId}:oidc-provider/${issuer}`;
  // The account is whichever one the ARN names: there is one here.
  const pathOf = (arn: string) => arn.replace(/^.*?:role/, '');
  if (role === undefined || pathOf(role.arn) !== pathOf(roleArn) || !trusts(role.trust, providerArn, identity)) {
    throw new AwsFault('AccessDenied', 'Not authorized to perform sts:AssumeRoleWithWebIdentity', 403);
  }
  if (durationSeconds > role.maxSessionDuration) {
    throw new AwsFault(
      'ValidationError',
      'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
    );
  }
};
