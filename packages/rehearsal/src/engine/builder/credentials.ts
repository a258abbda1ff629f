import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

type Config = Record<string, unknown> & { auths?: Record<string, { auth?: string }> };

const read = (folder: string): Config => {
  try {
    return JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'));
  } catch {
    return {};
  }
};

const write = (folder: string, config: Config): void => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'config.json'), `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 });
};

/** Keeps user and password of a registry in the folder's config.json, as `docker login` does without a helper. */
export const saveCredentials = (folder: string, registry: string, user: string, password: string): void => {
  const config = read(folder);
  const auth = Buffer.from(`${user}:${password}`).toString('base64');
  write(folder, { ...config, auths: { ...config.auths, [registry]: { auth } } });
};

/** Removes a registry's credentials; returns whether there were any. */
export const removeCredentials = (folder: string, registry: string): boolean => {
  const config = read(folder);
  const { [registry]: removed, ...auths } = config.auths ?? {};
  if (removed) write(folder, { ...config, auths });
  return removed !== undefined;
};

/** Returns the Authorization header for a registry, or undefined when nobody logged in. */
export const authorizationFor = (folder: string, registry: string): string | undefined => {
  const { auths = {} } = read(folder);
  const auth = (auths[registry] ?? auths[`https://${registry}`])?.auth;
  return auth === undefined ? undefined : `Basic ${auth}`;
};
