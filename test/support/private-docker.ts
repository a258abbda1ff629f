import type { ChildProcess } from 'node:child_process';
import { execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** A Docker Engine that only its tests know: everything of it is below one temporary folder. */
export interface PrivateDocker {
  /** `unix:///…/docker.sock`. */
  readonly host: string;
  readonly buildx: string;
  /** Runs the docker command on it and returns its standard output; rejects when that fails. */
  docker(...args: readonly string[]): Promise<string>;
  /** Containers and images, one per line: what a test may have left. */
  inventory(): Promise<string[]>;
  close(): Promise<void>;
}

/** What a test of a real Engine needs, but for the Engine. Rejects with the words for what is missing. */
const requireCommands = async (): Promise<string> => {
  if (process.getuid?.() !== 0) throw new Error('only root can start a Docker Engine');
  for (const command of ['dockerd', 'containerd', 'runc', 'docker']) {
    await execute(command, ['--version']).catch(() => {
      throw new Error(`the command ${command} does not run`);
    });
  }
  const buildx = await execute('docker', ['buildx', 'version']).catch(() => {
    throw new Error('docker buildx does not run');
  });
  return buildx.stdout.trim();
};

/** A bridge of its own, because the usual docker0 may be another Engine's; without packet filters nothing leads out. */
const addBridge = async (name: string): Promise<() => Promise<unknown>> => {
  await execute('ip', ['link', 'add', name, 'type', 'bridge']);
  const remove = () => execute('ip', ['link', 'delete', name]);
  try {
    await execute('ip', ['address', 'add', `10.213.${process.pid % 256}.1/24`, 'dev', name]);
    await execute('ip', ['link', 'set', name, 'up']);
    return remove;
  } catch (error) {
    await remove();
    throw error;
  }
};

const end = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 15_000);
  await ended;
  clearTimeout(timer);
};

/** An Engine may leave mounts of network namespaces and layers, which keep its folder from being removed. */
const removeFolder = async (folder: string): Promise<void> => {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((path) => path.startsWith(`${folder}/`));
  for (const path of mounts.reverse()) await execute('umount', ['--lazy', path]).catch(() => undefined);
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
};

const lastWords = (log: string): string =>
  readFileSync(log, 'utf8')
    .split('\n')
    .filter((line) => /level=(error|fatal)|failed/.test(line))
    .slice(-3)
    .join(' ');

/** Starts an Engine from the `dockerd` of the PATH. Rejects, with nothing left behind, when that cannot be. */
export const startPrivateDocker = async (): Promise<PrivateDocker> => {
  const buildx = await requireCommands();
  const folder = mkdtempSync(join(tmpdir(), 'docker-engine-'));
  const bridge = `hops${folder.slice(-6)}`;
  const closers: Array<() => Promise<unknown>> = [() => removeFolder(folder)];
  const close = async () => {
    for (const step of closers.splice(0)) await step();
  };
  try {
    closers.unshift(await addBridge(bridge));
    const log = join(folder, 'log');
    const host = `unix://${join(folder, 'docker.sock')}`;
    const config = join(folder, 'daemon.json');
    writeFileSync(config, '{}');
    mkdirSync(join(folder, 'data'));
    const args = {
      'config-file': config,
      'data-root': join(folder, 'data'),
      'exec-root': join(folder, 'exec'),
      pidfile: join(folder, 'pid'),
      host,
      bridge,
      // Where a containerd of the machine runs already, the Engine shares it, under names of its own.
      'containerd-namespace': bridge,
      'containerd-plugins-namespace': `${bridge}-plugins`,
      iptables: 'false',
      ip6tables: 'false',
    };
    const words = Object.entries(args).map(([name, value]) => `--${name}=${value}`);
    const output = openSync(log, 'w');
    const engine = spawn('dockerd', words, { stdio: ['ignore', output, output], detached: true });
    closers.unshift(() => end(engine));
    const env = { ...process.env, DOCKER_HOST: host };
    const docker = async (...given: readonly string[]) =>
      (await execute('docker', given, { env, maxBuffer: 16 * 1024 * 1024 })).stdout;
    const deadline = Date.now() + 30_000;
    while (!(await docker('version').catch(() => undefined))) {
      if (engine.exitCode !== null || Date.now() > deadline)
        throw new Error(`dockerd did not start: ${lastWords(log)}`);
      await sleep(100);
    }
    const lines = async (...given: readonly string[]) => (await docker(...given)).split('\n').filter(Boolean);
    closers.unshift(async () => {
      const left = await lines('ps', '--all', '--quiet');
      if (left.length > 0) await docker('rm', '--force', ...left);
    });
    return {
      host,
      buildx,
      docker,
      inventory: async () => [
        ...(await lines('ps', '--all', '--format', 'container {{.Names}} {{.Image}}')),
        ...(await lines('image', 'ls', '--format', 'image {{.Repository}}:{{.Tag}}')),
        ...(await lines('network', 'ls', '--format', 'network {{.Name}}')),
        ...(await lines('volume', 'ls', '--format', 'volume {{.Name}}')),
      ],
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
};
