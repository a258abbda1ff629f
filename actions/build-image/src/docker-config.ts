import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What the user's own configuration lends: plugins (buildx), builder instances and contexts. */
const LENT = ['cli-plugins', 'buildx', 'contexts'];

type Config = Readonly<Record<string, unknown>>;

const readConfig = async (folder: string): Promise<Config> => {
  try {
    const config: unknown = JSON.parse(await readFile(join(folder, 'config.json'), 'utf8'));
    return typeof config === 'object' && config !== null ? (config as Config) : {};
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
  const { credsStore: _, ...config } = await readConfig(userFolder);
  await writeFile(join(folder, 'config.json'), JSON.stringify(config), { mode: 0o600 });
  for (const name of LENT) {
    // buildx cannot make its folder where a link leads nowhere.
    if (existsSync(join(userFolder, name))) await symlink(join(userFolder, name), join(folder, name));
  }
  return folder;
};

export const removeDockerConfig = (folder: string): Promise<void> => rm(folder, { recursive: true, force: true });
