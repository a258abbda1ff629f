import { execFileSync } from 'node:child_process';
import { appendFileSync, cpSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './rehearse.ts';

/** Copies installed packages with all that they depend on: an image without a package manager's work. */
const vendor = (name: string, folder: string): void => {
  const target = join(folder, name);
  if (existsSync(target)) return;
  const source = join(ROOT, 'node_modules', name);
  cpSync(source, target, { recursive: true, filter: (path) => !path.slice(source.length).includes('node_modules') });
  const { dependencies = {} } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8')) as {
    dependencies?: Record<string, string>;
  };
  for (const dependency of Object.keys(dependencies)) vendor(dependency, folder);
};

/** Makes the repository of a small consumer at `path`: v1.0.0, and v1.1.0 with a change of its one service. */
export const makeClinic = (path: string): void => {
  cpSync(join(ROOT, 'test', 'fixtures', 'clinic'), path, { recursive: true });
  vendor('pg', join(path, 'vendor', 'node_modules'));
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
