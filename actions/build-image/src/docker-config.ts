import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What the user's own configuration lends: plugins (buildx), builder instances and contexts. */
const LENT = ['cli-plugins', 'buildx', 'contexts'];

export interface DockerConfig {
  readonly auths?: Readonly<Record<string, { readonly auth?: string }>>;
  readonly credsStore?: string;
  readonly credHelpers?: Readonly<Record<string, string>>;
}

/** Returns the configuration in a folder; an empty one where there is none that can be read. */
export const readDockerConfig = (folder: string): DockerConfig => {
  try {
    const config: unknown = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'));
    return typeof config === 'object' && config !== null ? config : {};
  } catch {
    return {};
  }
};

/**
 * Makes a folder below `parent` for one run's credentials and returns its path. It takes over the user's logins, so that
 * private base images stay reachable, but not the credential store: what is logged in here would be kept there.
 */
export const createDockerConfig = async (parent: string, userFolder: string): Promise<string> => {
  const folder = await mkdtemp(join(parent, 'docker-config-'));
  const { credsStore: _, ...config } = readDockerConfig(userFolder);
  await writeFile(join(folder, 'config.json'), JSON.stringify(config), { mode: 0o600 });
  for (const name of LENT) {
    // buildx cannot make its folder where a link leads nowhere.
    if (existsSync(join(userFolder, name))) await symlink(join(userFolder, name), join(folder, name));
  }
  return folder;
};

export const removeDockerConfig = (folder: string): Promise<void> => rm(folder, { recursive: true, force: true });
