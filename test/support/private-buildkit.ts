import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Upstream } from '@hospital-ops/rehearsal/registry/upstream';
import type { EngineProcess } from './engine-process.ts';
import { startEngineProcess } from './engine-process.ts';
import { onPath } from './on-path.ts';

const execute = promisify(execFile);

/** A BuildKit and a registry (distribution/distribution) that only their tests know. */
export interface PrivateBuildKit {
  /** Where the registry is, and how it is logged in to. */
  readonly upstream: Upstream;
  /** A Docker configuration whose builder is this BuildKit. */
  readonly config: string;
  /** A statically linked busybox, for images from scratch. */
  readonly busybox: string;
  /** Forgets every layer, as a new machine does. */
  prune(): Promise<void>;
  close(): Promise<void>;
}

const freePort = async (): Promise<number> => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
};

/** `htpasswd -Bbn registry registry-password`: the registry takes bcrypt alone. */
const HTPASSWD = 'registry:$2b$05$fqjYAbpGsnD2inGhVWX9ZuMHakL/ytOWnlE7D5P/bpZiw56MOHyTS\n';

const startRegistry = async (folder: string): Promise<EngineProcess & { readonly upstream: Upstream }> => {
  const host = `127.0.0.1:${await freePort()}`;
  writeFileSync(join(folder, 'htpasswd'), HTPASSWD);
  const settings = {
    version: 0.1,
    log: { level: 'warn' },
    storage: { filesystem: { rootdirectory: join(folder, 'registry') } },
    http: { addr: host },
    auth: { htpasswd: { realm: 'tests', path: join(folder, 'htpasswd') } },
  };
  const file = join(folder, 'registry.json');
  // JSON is YAML.
  writeFileSync(file, JSON.stringify(settings));
  const isReady = async () => (await fetch(`http://${host}/v2/`)).status === 401;
  const server = await startEngineProcess('docker-registry', ['serve', file], join(folder, 'registry.log'), isReady);
  return { ...server, upstream: { host, user: 'registry', password: 'registry-password' } };
};

/** What BuildKit is told of registries: `mirror` (`host:port`) has what it would ask Docker Hub for. */
const settingsFor = (mirror: string): string =>
  `[registry."docker.io"]\n  mirrors = ["${mirror}"]\n[registry."${mirror}"]\n  http = true\n`;

/** Starts both. Rejects, with nothing left behind, where one of them cannot be. */
export const startPrivateBuildKit = async (mirror?: string): Promise<PrivateBuildKit> => {
  if (process.getuid?.() !== 0) throw new Error('BuildKit takes root');
  const busybox = onPath('busybox');
  for (const name of ['buildkitd', 'docker-registry', 'runc', 'docker']) onPath(name);
  await execute('docker', ['buildx', 'version']).catch(() => {
    throw new Error('docker buildx does not run');
  });
  const folder = mkdtempSync(join(tmpdir(), 'buildkit-'));
  const closers: Array<() => Promise<unknown>> = [async () => rmSync(folder, { recursive: true, force: true })];
  const close = async () => {
    for (const step of closers.splice(0)) await step();
  };
  try {
    const registry = await startRegistry(folder);
    closers.unshift(() => registry.close());
    const config = join(folder, 'docker');
    mkdirSync(config);
    const plugins = join(process.env.DOCKER_CONFIG ?? join(homedir(), '.docker'), 'cli-plugins');
    if (existsSync(plugins)) symlinkSync(plugins, join(config, 'cli-plugins'));
    const address = `unix://${join(folder, 'sock')}`;
    const env = { ...process.env, DOCKER_CONFIG: config };
    // buildx is known to have spun for minutes where it should have failed.
    const patience = { timeout: 60_000, killSignal: 'SIGKILL' } as const;
    const docker = (...args: readonly string[]) => execute('docker', args, { env, ...patience });
    await docker('buildx', 'create', '--name', 'tests', '--driver', 'remote', '--use', address);
    const settings = join(folder, 'buildkitd.toml');
    writeFileSync(settings, mirror === undefined ? '' : settingsFor(mirror));
    const args = [
      `--config=${settings}`,
      `--root=${join(folder, 'root')}`,
      `--addr=${address}`,
      '--oci-worker-net=host',
      '--containerd-worker=false',
    ];
    const isReady = async () => (await docker('buildx', 'inspect', 'tests')).stdout.includes('running');
    const server = await startEngineProcess('buildkitd', args, join(folder, 'buildkit.log'), isReady);
    closers.unshift(() => server.close());
    return {
      upstream: registry.upstream,
      config,
      busybox,
      prune: async () => void (await docker('buildx', 'prune', '--all', '--force')),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
};
