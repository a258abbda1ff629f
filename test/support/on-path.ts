import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Returns where the command `name` is. Throws where it is nowhere on the PATH. */
export const onPath = (name: string): string => {
  const found = (process.env.PATH ?? '').split(delimiter).find((folder) => existsSync(join(folder, name)));
  if (found === undefined) throw new Error(`there is no ${name} on the PATH`);
  return join(found, name);
};
