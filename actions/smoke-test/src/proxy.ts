type Environment = Readonly<Record<string, string | undefined>>;

const read = (env: Environment, name: string): string => env[name.toLowerCase()] ?? env[name.toUpperCase()] ?? '';

const listed = (noProxy: string, url: URL): boolean =>
  noProxy
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .some((entry) => {
      const [host = '', port] = entry.toLowerCase().split(':');
      const name = host.replace(/^\*?\./, '');
      if (entry === '*') return true;
      if (port !== undefined && port !== url.port) return false;
      return url.hostname === name || url.hostname.endsWith(`.${name}`);
    });

/** Returns whether Node's client goes through a proxy for `url` (NODE_USE_ENV_PROXY and the standard variables). */
export const usesProxy = (env: Environment, url: URL): boolean => {
  if (env.NODE_USE_ENV_PROXY !== '1') return false;
  const proxy = read(env, url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY');
  return proxy !== '' && !listed(read(env, 'NO_PROXY'), url);
};
