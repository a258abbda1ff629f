#!/usr/local/bin/node
// `pnpm install` of a base image that tests make: links workspace packages, and those of /opt/node_modules, into node_modules.
const { existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync } = require('node:fs');
const { dirname, join, relative } = require('node:path');

const root = process.cwd();
const manifests = ['apps', 'packages'].flatMap((group) => {
  const folder = join(root, group);
  const names = existsSync(folder) ? readdirSync(folder) : [];
  return names.map((name) => ({
    home: join(folder, name),
    ...JSON.parse(readFileSync(join(folder, name, 'package.json'))),
  }));
});
const workspace = new Map(manifests.map(({ name, home }) => [name, home]));
for (const { home, dependencies = {} } of manifests) {
  for (const name of Object.keys(dependencies)) {
    const target = workspace.get(name) ?? join('/opt/node_modules', name);
    if (!existsSync(target)) throw new Error(`${name} is neither here nor in /opt/node_modules`);
    const link = join(home, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(workspace.has(name) ? relative(dirname(link), target) : target, link);
  }
}
process.stdout.write(`pnpm ${process.argv.slice(2).join(' ')}: ${manifests.length} packages linked\n`);
