import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A program of this machine with the libraries that it loads, under their own paths. */
export const copyProgram = (root: string, source: string, path: string): void => {
  const copy = (from: string, to: string) => {
    mkdirSync(dirname(join(root, to)), { recursive: true });
    cpSync(realpathSync(from), join(root, to));
  };
  copy(source, path);
  const libraries = execFileSync('ldd', [source], { encoding: 'utf8' }).matchAll(/(?:=> |^\s+)(\/\S+)/gm);
  for (const [, library = ''] of libraries) copy(library, library);
};

/** Makes an image called `name` of the folder `root` on the Engine at `host`; `changes` are instructions of a Dockerfile. */
export const importFolder = async (
  host: string,
  name: string,
  root: string,
  changes: readonly string[],
): Promise<void> => {
  const env = { ...process.env, DOCKER_HOST: host };
  const settings = changes.flatMap((change) => ['--change', change]);
  const load = spawn('docker', ['import', ...settings, '-', name], { env, stdio: ['pipe', 'ignore', 'inherit'] });
  const pack = spawn('tar', ['--create', '--directory', root, '.'], { stdio: ['ignore', 'pipe', 'inherit'] });
  pack.stdout.pipe(load.stdin);
  const [code] = await once(load, 'close');
  if (code !== 0) throw new Error(`docker import ended with exit code ${code}.`);
};
