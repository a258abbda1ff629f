import type { EcrAuthorization, ImageAddress, ImagePlatform } from './ports.ts';

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

/** Returns account and region of a private ECR registry's host name, in every partition; undefined for other hosts. */
export const parseEcrHost = (host: string): { readonly accountId: string; readonly region: string } | undefined => {
  const match = /^(\d{12})\.dkr[.-]ecr(?:-fips)?\.([a-z0-9-]+)\.[a-z0-9.-]+$/.exec(host);
  return match?.[1] && match[2] ? { accountId: match[1], region: match[2] } : undefined;
};

/** Returns where an image lies when that is a private ECR registry; undefined for every other reference. */
export const parseEcrImage = (reference: string): ImageAddress | undefined => {
  const match = /^([^/]+)\/([^@]+?)(?::([\w][\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$/.exec(reference);
  const [, host = '', repository = '', tag, digest] = match ?? [];
  if (parseEcrHost(host) === undefined || repository === '') return undefined;
  return { host, repository, tag: tag ?? (digest === undefined ? 'latest' : undefined), digest };
};

const object = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};

const parseObject = (text: string): Readonly<Record<string, unknown>> => {
  try {
    return object(JSON.parse(text));
  } catch {
    return {};
  }
};

const platform = (value: unknown): ImagePlatform | undefined => {
  const { os, architecture } = object(value);
  return typeof os === 'string' && typeof architecture === 'string' ? { os, architecture } : undefined;
};

/** Returns the platform that an image's configuration names (OCI image specification, config). */
export const parseConfigPlatform = (config: string): ImagePlatform | undefined => platform(parseObject(config));

/**
 * Returns the platforms of an index, or the digest of the configuration that names the one of a single image. BuildKit's
 * attestations, of the platform unknown/unknown, are none.
 */
export const parseManifestPlatforms = (
  manifest: string,
): { readonly platforms: readonly ImagePlatform[] | undefined; readonly config: string | undefined } => {
  const { manifests, config } = parseObject(manifest);
  if (!Array.isArray(manifests)) {
    const { digest } = object(config);
    return { platforms: undefined, config: typeof digest === 'string' ? digest : undefined };
  }
  const platforms = manifests.map((each) => platform(object(each).platform));
  // An entry without a platform may fit any.
  if (platforms.includes(undefined)) return { platforms: undefined, config: undefined };
  return { platforms: platforms.flatMap((each) => (each && each.os !== 'unknown' ? [each] : [])), config: undefined };
};
