import { spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { findInstalled } from '../../engine/builder/dependencies.ts';

/**
 * Stands in for `pnpm install` in the folder that it is started in: gives every package.json a node_modules of links, to
 * the workspace's own packages and to those of the suite for the rest; and for `pnpm run`, of the folder's own scripts.
 * Whatever else pnpm does is refused by name.
 */
const [command = '', ...words] = process.argv.slice(2);

interface Manifest {
  readonly name?: string;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

const fail = (message: string): never => {
  process.stderr.write(`pnpm (stand-in): ${message}\n`);
  process.exit(1);
};

const link = (target: string, path: string): void => {
  if (existsSync(path)) return;
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(target, path);
};

const install = (root: string): void => {
  const homes = globSync(['package.json', '*/*/package.json'], { cwd: root, exclude: ['**/node_modules/**'] });
  const packages = homes.map((path) => ({
    home: join(root, dirname(path)),
    manifest: JSON.parse(readFileSync(join(root, path), 'utf8')) as Manifest,
  }));
  const workspace = new Map(packages.map(({ home, manifest }) => [manifest.name, home]));
  for (const { home, manifest } of packages) {
    for (const name of Object.keys({ ...manifest.dependencies, ...manifest.devDependencies })) {
      const path = join(home, 'node_modules', name);
      const neighbour = workspace.get(name);
      const installed = findInstalled(name);
      if (neighbour !== undefined) link(relative(dirname(path), neighbour), path);
      else if (installed !== undefined) {
        link(join(installed, name), path);
        link(join(installed, '.bin'), join(home, 'node_modules', '.bin'));
      } else fail(`${name} is not among the suite's own packages, and a rehearsal downloads nothing.`);
    }
  }
  process.stdout.write(`Linked the packages of ${packages.length} package.json files.\n`);
};

/** Runs a script of the folder's package.json, as `pnpm run` does; returns false where there is no such script. */
const runScript = (root: string): boolean => {
  const [script = '', ...args] = command === 'run' ? words : [command, ...words];
  const path = join(root, 'package.json');
  const { scripts = {} } = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Manifest) : {};
  if (!Object.hasOwn(scripts, script)) return false;
  const { status } = spawnSync(process.execPath, ['--run', script, '--', ...args], { cwd: root, stdio: 'inherit' });
  process.exitCode = status ?? 1;
  return true;
};

if (command === '--version') process.stdout.write('0.0.0-stand-in\n');
else if (command === 'install' || command === 'i') install(process.cwd());
else if (!runScript(process.cwd())) {
  const said = ['pnpm', command, ...words].join(' ');
  fail(`\`${said}\` needs pnpm itself, which is not on this machine. Next: install it, or use \`node --run\`.`);
}
