import { execFile } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { copyPackage } from './copy-package.ts';
import { copyProgram, importFolder } from './import-image.ts';

const execute = promisify(execFile);

const ACCOUNTS = `root:x:0:0:root:/root:/bin/sh
node:x:1000:1000::/home/node:/bin/sh
`;

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
    await importFolder(host, name, root, ['ENV PATH=/usr/local/bin:/bin', 'CMD ["node"]']);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
};
