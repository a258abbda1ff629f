import { randomBytes } from 'node:crypto';
import type { GrantedJob, JobAuthority } from '../runner/job-authority.ts';
import type { Permissions } from '../runner/permissions.ts';
import type { JobIdentity } from './claims.ts';
import type { OidcIssuer } from './issuer.ts';
import { startTokenServer } from './token-server.ts';

export interface LocalAuthority extends JobAuthority {
  /** What a job's token may do; undefined for a token that is none, or whose job has ended. */
  permissionsOf(token: string): Permissions | undefined;
  close(): Promise<void>;
}

const random = (prefix: string): string => `${prefix}${randomBytes(18).toString('hex')}`;

/** Starts what gives each job its own token, good for what it was granted and while it runs, and ID tokens where it may. */
export const startAuthority = async (issuer: OidcIssuer): Promise<LocalAuthority> => {
  const tokens = new Map<string, Permissions>();
  const requestTokens = new Map<string, JobIdentity>();
  const server = await startTokenServer(issuer, (token) => requestTokens.get(token));
  return {
    grant: ({ permissions, identity }: GrantedJob) => {
      const [token, requestToken] = [random('ghs_'), random('oidc_')];
      const mayIdentify = permissions['id-token'] === 'write';
      tokens.set(token, permissions);
      if (mayIdentify) requestTokens.set(requestToken, identity);
      return {
        token,
        env: mayIdentify
          ? { ACTIONS_ID_TOKEN_REQUEST_URL: server.url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: requestToken }
          : {},
        secrets: mayIdentify ? [requestToken] : [],
        revoke: () => {
          tokens.delete(token);
          requestTokens.delete(requestToken);
        },
      };
    },
    permissionsOf: (token) => tokens.get(token),
    close: () => server.close(),
  };
};
