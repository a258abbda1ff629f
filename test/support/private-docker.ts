import { execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { lackingRuntime } from './lacking-runc.ts';

const execute = promisify(execFile);

/** A Docker Engine that only its tests know: everything of it is below one temporary folder. */
export interface PrivateDocker {
  /** `unix:///…/docker.sock`. */
  readonly host: string;
  /** Runs the docker command on it and returns its standard output; rejects when that fails. */
  docker(...args: readonly string[]): Promise<string>;
  /** Containers, images, networks and volumes, one per line: what a test may have left. */
  inventory(): Promise<string[]>;
  close(): Promise<void>;
}

/** An Engine, its bridge and its mounts are root's; where the tests are not, sudo must help without asking. */
const asRoot = (command: string, ...args: readonly string[]): [string, string[]] =>
  process.getuid?.() === 0
    ? [command, [...args]]
    : ['sudo', ['--non-interactive', 'env', `PATH=${process.env.PATH}`, command, ...args]];

const runAsRoot = (...words: [string, ...string[]]) => execute(...asRoot(...words));

const requireCommands = async (): Promise<void> => {
  await runAsRoot('true').catch(() => {
    throw new Error('it takes root, or sudo without a password');
  });
  for (const command of ['dockerd', 'containerd', 'runc', 'docker']) {
    await execute(command, ['--version']).catch(() => {
      throw new Error(`the command ${command} does not run`);
    });
  }
  await execute('ip', ['-Version']).catch(() => {
    throw new Error('the command ip does not run');
  });
  await execute('docker', ['buildx', 'version']).catch(() => {
    throw new Error('docker buildx does not run');
  });
};

/** A bridge of its own, because the usual docker0 may be another Engine's; without packet filters nothing leads out. */
const addBridge = async (name: string): Promise<() => Promise<unknown>> => {
  await runAsRoot('ip', 'link', 'add', name, 'type', 'bridge');
  const remove = () => runAsRoot('ip', 'link', 'delete', name);
  try {
    await runAsRoot('ip', 'address', 'add', `10.213.${process.pid % 256}.1/24`, 'dev', name);
    await runAsRoot('ip', 'link', 'set', name, 'up');
    return remove;
  } catch (error) {
    await remove();
    throw error;
  }
};

/** An Engine may leave mounts of network namespaces and layers, which keep its folder from being removed. */
const removeFolder = async (folder: string): Promise<void> => {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((path) => path.startsWith(`${folder}/`));
  for (const path of mounts.reverse()) await runAsRoot('umount', '--lazy', path).catch(() => undefined);
  await runAsRoot('rm', '-r', '-f', folder);
};

const lastWords = (log: string): string =>
  readFileSync(log, 'utf8')
    .split('\n')
    .filter((line) => /level=(error|fatal)|failed/.test(line))
    .slice(-3)
    .join(' ');

interface Started {
  readonly ended: () => boolean;
  end(): Promise<void>;
}

/** Starts `dockerd` with its files in `folder`. Its process is ended by its own id. */
const startEngine = (folder: string, host: string, bridge: string, log: string): Started => {
  const config = join(folder, 'daemon.json');
  const pidFile = join(folder, 'pid');
  writeFileSync(config, '{}');
  mkdirSync(join(folder, 'data'));
  const options = {
    'config-file': config,
    'data-root': join(folder, 'data'),
    'exec-root': join(folder, 'exec'),
    pidfile: pidFile,
    host,
    group: String(process.getgid?.() ?? 0),
    bridge,
    // Where a containerd of the machine runs already, the Engine shares it, under names of its own.
    'containerd-namespace': bridge,
    'containerd-plugins-namespace': `${bridge}-plugins`,
    iptables: 'false',
    ip6tables: 'false',
    ...lackingRuntime(folder),
  };
  const words = Object.entries(options).map(([name, value]) => `--${name}=${value}`);
  const output = openSync(log, 'w');
  const child = spawn(...asRoot('dockerd', ...words), { stdio: ['ignore', output, output], detached: true });
  let over = false;
  const exited = new Promise<void>((resolve) => {
    const done = () => {
      over = true;
      resolve();
    };
    child.once('error', done).once('exit', done);
  });
  const signal = async (name: string) => {
    const id = readFileSync(pidFile, 'utf8').trim();
    if (/^\d+$/.test(id)) await runAsRoot('kill', '-s', name, id);
  };
  return {
    ended: () => over,
    end: async () => {
      if (over) return;
      await signal('TERM');
      const timer = setTimeout(() => signal('KILL').catch(() => undefined), 15_000);
      await exited;
      clearTimeout(timer);
    },
  };
};

/** Starts an Engine from the `dockerd` of the PATH. Rejects, with nothing left behind, when that cannot be. */
export const startPrivateDocker = async (): Promise<PrivateDocker> => {
  await requireCommands();
  const folder = mkdtempSync(join(tmpdir(), 'docker-engine-'));
  const bridge = `hops${folder.slice(-6)}`;
  const closers: Array<() => Promise<unknown>> = [() => removeFolder(folder)];
  const close = async () => {
    for (const step of closers.splice(0)) await step();
  };
  const host = `unix://${join(folder, 'docker.sock')}`;
  const env = { ...process.env, DOCKER_HOST: host };
  const docker = async (...given: readonly string[]) =>
    (await execute('docker', given, { env, maxBuffer: 16 * 1024 * 1024 })).stdout;
  const lines = async (...given: readonly string[]) => (await docker(...given)).split('\n').filter(Boolean);
  try {
    closers.unshift(await addBridge(bridge));
    const log = join(folder, 'log');
    const engine = startEngine(folder, host, bridge, log);
    closers.unshift(() => engine.end());
    const deadline = Date.now() + 30_000;
    while (!(await docker('version').catch(() => undefined))) {
      if (engine.ended() || Date.now() > deadline) throw new Error(`dockerd did not start: ${lastWords(log)}`);
      await sleep(100);
    }
    closers.unshift(async () => {
      const left = await lines('ps', '--all', '--quiet');
      if (left.length > 0) await docker('rm', '--force', ...left);
    });
    return {
      host,
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
