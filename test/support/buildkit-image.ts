import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { copyProgram, importFolder } from './import-image.ts';
import { onPath } from './on-path.ts';

/**
 * Makes an image called `name` on the Engine at `host` from this machine's BuildKit, because no registry may be in reach:
 * what `moby/buildkit` has but for git, compressors and emulators.
 */
export const importBuildKitImage = async (host: string, name: string): Promise<void> => {
  const root = mkdtempSync(join(tmpdir(), 'buildkit-image-'));
  try {
    copyProgram(root, onPath('buildkitd'), '/usr/bin/buildkitd');
    copyProgram(root, onPath('buildctl'), '/usr/bin/buildctl');
    copyProgram(root, onPath('runc'), '/usr/bin/buildkit-runc');
    for (const folder of ['etc', 'tmp', 'run']) mkdirSync(join(root, folder), { recursive: true });
    await importFolder(host, name, root, ['ENV PATH=/usr/bin', 'ENTRYPOINT ["buildkitd"]']);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
};
