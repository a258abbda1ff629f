import { cpSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './rehearse.ts';

/** Copies an installed package into `folder` with all that it depends on: an image without a package manager's work. */
export const copyPackage = (name: string, folder: string): void => {
  const target = join(folder, name);
  if (existsSync(target)) return;
  const source = join(ROOT, 'node_modules', name);
  cpSync(source, target, { recursive: true, filter: (path) => !path.slice(source.length).includes('node_modules') });
  const { dependencies = {} } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8')) as {
    dependencies?: Record<string, string>;
  };
  for (const dependency of Object.keys(dependencies)) copyPackage(dependency, folder);
};
