import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { pageAt, ROOT } from './markdown.ts';

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const sourcesIn = (folder: string) => globSync(`${folder}/**/*.ts`, { cwd: ROOT }).map(read).join('\n');
const anchorsIn = (text: string) => [...text.matchAll(/'README#([\w-]+)'/g)].map(([, anchor = '']) => anchor);
const without = (page: string, anchors: readonly string[]) =>
  anchors.filter((anchor) => !pageAt(page).anchors.has(anchor)).map((anchor) => `${page}#${anchor}`);

const packages = globSync('packages/*', { cwd: ROOT }).map((path) => path.split('/').at(-1) ?? '');
const anchorsOf = new Map(packages.map((name) => [name, anchorsIn(sourcesIn(`packages/${name}/src`))]));
const isUsedIn = (source: string, name: string) => source.includes(`'@hospital-ops/${name}/`);

test('the page that an error names is there, in the README of every action that may tell it', () => {
  const missing = globSync('actions/*', { cwd: ROOT }).flatMap((action) => {
    const source = sourcesIn(`${action}/src`);
    const used = packages.filter((name) => isUsedIn(source, name)).flatMap((name) => anchorsOf.get(name) ?? []);
    return without(`${action}/README.md`, [...new Set([...anchorsIn(source), ...used])]);
  });
  expect(missing).toEqual([]);
});

test('a page that an error names whole is there', () => {
  const named = [...`${sourcesIn('actions')}${sourcesIn('packages')}`.matchAll(/docs: '([\w/-]+\.md)#([\w-]+)'/g)];
  expect(named.length).toBeGreaterThan(1);
  expect(named.flatMap(([, page = '', anchor = '']) => without(page, [anchor]))).toEqual([]);
});
