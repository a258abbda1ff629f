import { isDigest, isRegistryHost, isRepository, isTag } from './reference.ts';

/** What `registry.example.org/team/app:1.2` or `node:24` means. */
export interface ImageReference {
  /** The host that answers; that of Docker Hub for a name without one. */
  readonly host: string;
  readonly repository: string;
  /** A digest where there is one, else the tag; `latest` where there is neither. */
  readonly reference: string;
}

const DOCKER_HUB = 'registry-1.docker.io';

/** Docker's rule: the first part is a host when it could be no name of an organisation. */
const isHost = (part: string): boolean => /[.:]/.test(part) || part === 'localhost';

/**
 * Returns the parts of an image reference, or undefined when it is none. A name without a host lies at `defaultHost`:
 * Docker Hub, whose official images are below `library/`, unless told otherwise.
 */
export const parseImageReference = (text: string, defaultHost = DOCKER_HUB): ImageReference | undefined => {
  const [named = '', digest, ...rest] = text.split('@');
  const tag = /:([^/:]+)$/.exec(named)?.[1];
  const name = tag === undefined ? named : named.slice(0, -tag.length - 1);
  const slash = name.indexOf('/');
  const first = slash < 0 ? '' : name.slice(0, slash);
  const hasHost = isHost(first);
  const host = hasHost && first !== 'docker.io' ? first : hasHost ? DOCKER_HUB : defaultHost;
  const path = hasHost ? name.slice(slash + 1) : name;
  const repository = host === DOCKER_HUB && !path.includes('/') ? `library/${path}` : path;
  const isValid = (digest === undefined || isDigest(digest)) && (tag === undefined || isTag(tag)) && rest.length === 0;
  if (!isValid || !isRepository(repository) || !isRegistryHost(host)) return undefined;
  return { host, repository, reference: digest ?? tag ?? 'latest' };
};

/** Under which names a Docker configuration keeps the login for a host. */
export const loginNames = (host: string): string[] => [
  host,
  `https://${host}`,
  ...(host === DOCKER_HUB ? ['https://index.docker.io/v1/', 'docker.io', 'index.docker.io'] : []),
];
