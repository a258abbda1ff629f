import { execFileSync } from 'node:child_process';
import { appendFileSync, cpSync } from 'node:fs';
import { join } from 'node:path';
import { copyPackage } from './copy-package.ts';
import { ROOT } from './rehearse.ts';

/** Makes the repository of a small consumer at `path`: v1.0.0, and v1.1.0 with a change of its one service. */
export const makeClinic = (path: string): void => {
  cpSync(join(ROOT, 'test', 'fixtures', 'clinic'), path, { recursive: true });
  copyPackage('pg', join(path, 'vendor', 'node_modules'));
  const git = (...args: readonly string[]) => {
    const identity = ['-c', 'user.name=Tester', '-c', 'user.email=tester@example.org', '-c', 'commit.gpgsign=false'];
    execFileSync('git', ['-C', path, ...identity, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  };
  git('init', '--quiet', '--initial-branch=main');
  const release = (version: string) => {
    git('add', '--all', '--force');
    git('commit', '--quiet', '--message', `Release ${version}`);
    git('tag', `v${version}`);
  };
  release('1.0.0');
  appendFileSync(join(path, 'desk', 'server.js'), '// Opens at eight.\n');
  release('1.1.0');
};
