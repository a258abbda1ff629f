import type { EcrAuthorization, EcrRepository, TagMutability } from './ports.ts';

interface AuthorizationData {
  readonly authorizationToken?: string | undefined;
  readonly proxyEndpoint?: string | undefined;
}

/** Returns the credentials of the first entry, or undefined when the answer holds none that can be used. */
export const parseAuthorization = (data: readonly AuthorizationData[] | undefined): EcrAuthorization | undefined => {
  const { authorizationToken = '', proxyEndpoint = '' } = data?.[0] ?? {};
  const decoded = Buffer.from(authorizationToken, 'base64').toString('utf8');
  const at = decoded.indexOf(':');
  if (at < 1 || at === decoded.length - 1 || !URL.canParse(proxyEndpoint)) return undefined;
  return { registry: new URL(proxyEndpoint).host, username: decoded.slice(0, at), password: decoded.slice(at + 1) };
};

const MUTABILITY: Readonly<Record<string, TagMutability>> = {
  MUTABLE: 'mutable',
  IMMUTABLE: 'immutable',
  MUTABLE_WITH_EXCLUSION: 'with-exclusion',
  IMMUTABLE_WITH_EXCLUSION: 'with-exclusion',
};

/** Returns a repository; an unknown mutability counts as `with-exclusion`: nothing is concluded from it. */
export const parseRepository = (
  data: { readonly repositoryName?: string | undefined; readonly imageTagMutability?: string | undefined } | undefined,
): EcrRepository | undefined => {
  if (data?.repositoryName === undefined) return undefined;
  return { name: data.repositoryName, tags: MUTABILITY[data.imageTagMutability ?? 'MUTABLE'] ?? 'with-exclusion' };
};

/** Returns account and region of a private ECR registry's host name, in every partition; undefined for other hosts. */
export const parseEcrHost = (host: string): { readonly accountId: string; readonly region: string } | undefined => {
  const match = /^(\d{12})\.dkr[.-]ecr(?:-fips)?\.([a-z0-9-]+)\.[a-z0-9.-]+$/.exec(host);
  return match?.[1] && match[2] ? { accountId: match[1], region: match[2] } : undefined;
};
