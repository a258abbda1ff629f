export interface Credentials {
  readonly username: string;
  readonly password: string;
}

export type Challenge =
  | { readonly scheme: 'basic' }
  | { readonly scheme: 'bearer'; readonly realm: string; readonly service?: string; readonly scope?: string };

/** Returns what a WWW-Authenticate header asks for, or undefined when it is neither Basic nor Bearer. */
export const parseChallenge = (header: string): Challenge | undefined => {
  const [, scheme = '', rest = ''] = /^\s*(\S+)\s*(.*)$/.exec(header) ?? [];
  if (scheme.toLowerCase() === 'basic') return { scheme: 'basic' };
  if (scheme.toLowerCase() !== 'bearer') return undefined;
  const fields = new Map([...rest.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = '', value = '']) => [key, value]));
  const realm = fields.get('realm');
  if (realm === undefined || !URL.canParse(realm)) return undefined;
  const service = fields.get('service');
  const scope = fields.get('scope');
  return { scheme: 'bearer', realm, ...(service ? { service } : {}), ...(scope ? { scope } : {}) };
};

export const basicAuthorization = ({ username, password }: Credentials): string =>
  `Basic ${Buffer.from(`${username}:${password}`, 'utf8').toString('base64')}`;

/**
 * Returns the URL that answers with a token for `challenge`, or undefined where credentials would go over http to another
 * server than the registry, which is itself spoken to over `registryOrigin`.
 */
export const tokenUrl = (
  challenge: Challenge & { readonly scheme: 'bearer' },
  repository: string,
  registryOrigin: string,
): URL | undefined => {
  const url = new URL(challenge.realm);
  if (url.protocol !== 'https:' && !registryOrigin.startsWith('http:')) return undefined;
  if (challenge.service !== undefined) url.searchParams.set('service', challenge.service);
  url.searchParams.set('scope', `repository:${repository}:pull,push`);
  return url;
};
