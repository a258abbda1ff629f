import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cutSection } from './changelog.ts';

const rewrite = (file: string, change: (text: string) => string): void =>
  writeFileSync(file, change(readFileSync(file, 'utf8')));

interface Lock {
  version: string;
  packages: Record<string, { version: string }>;
}

/** Makes the section of `version` of what is unreleased, and gives the package that version, for a pull request. */
export const cutRelease = (root: string, version: string, date: string): void => {
  rewrite(join(root, 'CHANGELOG.md'), (text) => cutSection(text, version, date));
  rewrite(join(root, 'package.json'), (text) => {
    return `${JSON.stringify({ ...(JSON.parse(text) as object), version }, null, 2)}\n`;
  });
  rewrite(join(root, 'package-lock.json'), (text) => {
    const lock = JSON.parse(text) as Lock;
    lock.version = version;
    const own = lock.packages[''];
    if (own) own.version = version;
    return `${JSON.stringify(lock, null, 2)}\n`;
  });
};
