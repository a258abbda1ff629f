import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { satisfies, validRange } from 'semver';
import { findProgram } from '../on-path.ts';
import type { StandIn, StandInStep } from '../stand-in.ts';

const capture = async (step: StandInStep, file: string, ...args: readonly string[]): Promise<string> => {
  const lines: string[] = [];
  const { exitCode } = await step.exec(file, args, { onLine: (line) => lines.push(line) });
  if (exitCode !== 0) throw new Error(`${file} ${args.join(' ')} failed: ${lines.join(' ')}`);
  return lines.join('\n').trim();
};

const wantedNode = (step: StandInStep): string => {
  const file = step.input('node-version-file');
  if (step.input('node-version') !== '' || file === '') return step.input('node-version');
  const content = readFileSync(join(step.workspace, file), 'utf8');
  if (!file.endsWith('package.json')) return content.trim().replace(/^v/, '');
  return String((JSON.parse(content) as { engines?: { node?: string } }).engines?.node ?? '');
};

/** The stand-in of actions/setup-node. */
export const setupNode: StandIn = {
  uses: 'actions/setup-node',
  replaces: 'takes the Node that actions run on, and fails when the step asks for another version.',
  lacks: 'it downloads any version, caches packages and writes an .npmrc for `registry-url`.',
  others: ['architecture', 'mirror', 'mirror-token'],
  inputs: {
    'node-version': {},
    'node-version-file': {},
    'check-latest': { default: 'false' },
    cache: {},
    'cache-dependency-path': {},
    'package-manager-cache': { default: 'true' },
    'registry-url': {},
    scope: {},
    token: {},
  },
  run: async (step) => {
    const version = await capture(step, step.nodePath, '--version');
    const wanted = wantedNode(step);
    const any = wanted === '' || /^(lts\/.*|node|latest|current)$/.test(wanted);
    if (!any && (validRange(wanted) === null || !satisfies(version, wanted))) {
      throw new Error(`The step asks for Node ${wanted}, and ${version} is here.`);
    }
    step.log(`Node ${version}`);
    return { outputs: { 'node-version': version, 'cache-hit': 'false' }, path: [dirname(step.nodePath)] };
  },
};

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** Writes an executable `pnpm` and returns its folder. */
const installStandIn = (step: StandInStep): string => {
  const folder = join(step.temp, 'pnpm');
  const script = quoted(join(import.meta.dirname, 'pnpm.ts'));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'pnpm'), `#!/bin/sh\nexec ${quoted(step.nodePath)} ${script} "$@"\n`, { mode: 0o755 });
  return folder;
};

/** The stand-in of pnpm/action-setup. */
export const setupPnpm: StandIn = {
  uses: 'pnpm/action-setup',
  replaces:
    'takes the pnpm of this machine, else one that installs by links to the packages of the suite and runs scripts, and no more.',
  lacks: 'it installs the version that the step or package.json names, with all that pnpm does.',
  inputs: {
    version: {},
    dest: {},
    run_install: { default: 'false' },
    package_json_file: {},
    standalone: { default: 'false' },
    cache: { default: 'false' },
  },
  run: async (step) => {
    if (!['false', '', 'null'].includes(step.input('run_install')))
      throw new Error('run_install would need a registry.');
    if (findProgram('pnpm', step.env.PATH ?? '') === undefined) {
      step.log(
        'pnpm is not on this machine: one takes its place that installs by links and runs scripts, and no more.',
      );
      return { outputs: { dest: '', bin_dest: '' }, path: [installStandIn(step)] };
    }
    step.log(`pnpm ${await capture(step, 'pnpm', '--version')}`);
    return { outputs: { dest: '', bin_dest: '' } };
  },
};

/** The stand-in of docker/setup-buildx-action. */
export const setupBuildx: StandIn = {
  uses: 'docker/setup-buildx-action',
  replaces: 'sets nothing up: the builder of this machine is used as it is.',
  lacks: 'it makes a builder in a container, whose settings count.',
  others: ['append', 'buildkitd-config', 'buildkitd-config-inline', 'endpoint', 'keep-state', 'platforms'],
  inputs: {
    name: {},
    driver: {},
    'driver-opts': {},
    'buildkitd-flags': {},
    install: {},
    use: {},
    version: {},
    cleanup: {},
    'cache-binary': {},
  },
  run: async () => ({ outputs: { name: 'default', driver: 'docker-container', platforms: 'linux/amd64' } }),
};

/** The stand-in of docker/setup-qemu-action. */
export const setupQemu: StandIn = {
  uses: 'docker/setup-qemu-action',
  replaces: "sets nothing up: only this machine's own platform is built.",
  lacks: 'it lets the kernel run programs of other platforms.',
  others: ['cache-image-path', 'reset', 'uninstall'],
  inputs: { image: {}, platforms: {}, 'cache-image': {} },
  run: async () => ({ outputs: { platforms: 'linux/amd64' } }),
};
