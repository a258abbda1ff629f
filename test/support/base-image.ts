import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { copyPackage } from './copy-package.ts';

const execute = promisify(execFile);

const ACCOUNTS = `root:x:0:0:root:/root:/bin/sh
node:x:1000:1000::/home/node:/bin/sh
`;

/** A program of this machine with the libraries that it loads, under their own paths. */
const copyProgram = (root: string, source: string, path: string): void => {
  const copy = (from: string, to: string) => {
    mkdirSync(dirname(join(root, to)), { recursive: true });
    cpSync(realpathSync(from), join(root, to));
  };
  copy(source, path);
  const libraries = execFileSync('ldd', [source], { encoding: 'utf8' }).matchAll(/(?:=> |^\s+)(\/\S+)/gm);
  for (const [, library = ''] of libraries) copy(library, library);
};

/** Puts `packages` into the image, and an npm and a pnpm that install them without a network. */
const addPackages = (root: string, packages: readonly string[]): void => {
  for (const name of packages) copyPackage(name, join(root, 'opt', 'node_modules'));
  const bin = join(root, 'usr', 'local', 'bin');
  cpSync(join(import.meta.dirname, 'offline-pnpm.cjs'), join(bin, 'pnpm'));
  writeFileSync(join(bin, 'npm'), '#!/bin/sh\necho "npm $*: is here already"\n');
  for (const command of ['npm', 'pnpm']) chmodSync(join(bin, command), 0o755);
};

/**
 * Makes an image called `name` on the Engine at `host` from this machine's Node and shell, because no registry may be in
 * reach: what `node:24` has for a service that needs no packages of the distribution, and of those of npm only `packages`.
 */
export const importBaseImage = async (host: string, name: string, packages: readonly string[] = []): Promise<void> => {
  const root = mkdtempSync(join(tmpdir(), 'base-image-'));
  try {
    copyProgram(root, process.execPath, '/usr/local/bin/node');
    copyProgram(root, '/bin/sh', '/bin/sh');
    if (packages.length > 0) addPackages(root, packages);
    for (const folder of ['etc', 'root', 'tmp', 'home/node']) mkdirSync(join(root, folder), { recursive: true });
    writeFileSync(join(root, 'etc', 'passwd'), ACCOUNTS);
    await execute('chmod', ['1777', join(root, 'tmp')]);
    const env = { ...process.env, DOCKER_HOST: host };
    const settings = ['--change', 'ENV PATH=/usr/local/bin:/bin', '--change', 'CMD ["node"]'];
    const load = spawn('docker', ['import', ...settings, '-', name], { env, stdio: ['pipe', 'ignore', 'inherit'] });
    const pack = spawn('tar', ['--create', '--directory', root, '.'], { stdio: ['ignore', 'pipe', 'inherit'] });
    pack.stdout.pipe(load.stdin);
    const [code] = await once(load, 'close');
    if (code !== 0) throw new Error(`docker import ended with exit code ${code}.`);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
};
