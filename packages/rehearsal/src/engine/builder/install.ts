import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ownProcessEnv } from '../../own-process.ts';

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/**
 * Writes an executable `docker` into `bin`, which then goes first in PATH: the stand-in builder, run by this process's own
 * Node. Images that it keeps for `docker push` go into `images`.
 */
export const installDockerStandIn = async (bin: string, images: string): Promise<void> => {
  await mkdir(bin, { recursive: true });
  const file = join(bin, 'docker');
  const script = join(import.meta.dirname, 'docker.ts');
  const node = `${quote(process.execPath)} --disable-warning=ExperimentalWarning`;
  const env = Object.entries({ ...ownProcessEnv(), STAND_IN_DOCKER_IMAGES: images });
  const assignments = env.map(([name, value]) => `${name}=${quote(value)}`).join(' ');
  const line = `${assignments} exec ${node} ${quote(script)} "$@"`;
  await writeFile(file, `#!/bin/sh\n${line}\n`);
  await chmod(file, 0o755);
};
