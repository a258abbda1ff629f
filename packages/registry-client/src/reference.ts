/** Grammar of the OCI distribution specification, with Docker's bound on a tag. */
const REPOSITORY = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;
const HOST = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9a-f:]+\])(?::\d{1,5})?$/;

export const isRepository = (text: string): boolean => text.length <= 255 && REPOSITORY.test(text);

export const isTag = (text: string): boolean => TAG.test(text);

export const isDigest = (text: string): boolean => DIGEST.test(text);

/** Returns whether `text` is `host` or `host:port` of a registry. */
export const isRegistryHost = (text: string): boolean => HOST.test(text);

/** Returns the origin of a registry: as Docker does, http for localhost and 127.0.0.0/8, https for all others. */
export const registryOrigin = (host: string): string => {
  const name = host.replace(/:\d+$/, '');
  const isLocal = name === 'localhost' || name === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(name);
  return `${isLocal ? 'http' : 'https'}://${host}`;
};
