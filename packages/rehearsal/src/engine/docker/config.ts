import { existsSync, readFileSync } from 'node:fs';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface DockerConfigOptions {
  /** Folder of the user's own configuration. */
  readonly userFolder: string;
  /** Whether builds may use the user's proxies; containers that were created with them would find them too. */
  readonly proxies: boolean;
  /** Logins by registry: base64 of `user:password`. */
  readonly logins?: Readonly<Record<string, string>>;
}

/** What of the user's configuration says where the Engine and the plugins are. */
const LENT_FOLDERS = ['cli-plugins', 'contexts'];
const LENT_FIELDS = ['currentContext', 'cliPluginsExtraDirs'];

const readConfig = (folder: string): Readonly<Record<string, unknown>> => {
  try {
    const config: unknown = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'));
    return typeof config === 'object' && config !== null ? (config as Record<string, unknown>) : {};
  } catch {
    return {};
  }
};

/**
 * Makes `folder` a Docker configuration that reaches the user's Engine and plugins, and none of the user's registries: a
 * rehearsal must not be able to push to a real one. Builder instances are left out too, for a builder in a container does
 * not see a registry on this machine's loopback.
 */
export const writeDockerConfig = async (folder: string, options: DockerConfigOptions): Promise<string> => {
  const { userFolder, proxies, logins = {} } = options;
  const user = readConfig(userFolder);
  const fields = [...LENT_FIELDS, ...(proxies ? ['proxies'] : [])].filter((name) => name in user);
  const auths = Object.fromEntries(Object.entries(logins).map(([registry, auth]) => [registry, { auth }]));
  const config = { ...Object.fromEntries(fields.map((name) => [name, user[name]])), auths };
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'config.json'), JSON.stringify(config), { mode: 0o600 });
  for (const name of LENT_FOLDERS) {
    const [source, link] = [join(userFolder, name), join(folder, name)];
    if (existsSync(source) && !existsSync(link)) await symlink(source, link);
  }
  return folder;
};
