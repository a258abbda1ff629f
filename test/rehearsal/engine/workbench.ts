import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installDockerStandIn } from '@hospital-ops/rehearsal/engine/builder/install';
import type { ImageStore } from '@hospital-ops/rehearsal/registry/image-store';
import { createImageStore } from '@hospital-ops/rehearsal/registry/image-store';
import type { Registry } from '@hospital-ops/rehearsal/registry/registry-server';
import { startRegistry } from '@hospital-ops/rehearsal/registry/registry-server';

export const sample = join(import.meta.dirname, '..', '..', 'fixtures', 'hospital-ops');
export const nextSample = join(import.meta.dirname, '..', '..', 'fixtures', 'hospital-ops-v1.1.0');

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A temporary folder with the stand-in docker, and a registry over an empty store. */
export interface Workbench {
  readonly temp: string;
  readonly store: ImageStore;
  readonly registry: Registry;
  docker(args: readonly string[], options?: { cwd?: string; input?: string }): Promise<Ran>;
  close(): Promise<void>;
}

export const createWorkbench = async (
  credentials?: (user: string, password: string) => boolean,
): Promise<Workbench> => {
  const temp = await mkdtemp(join(tmpdir(), 'rehearsal-engine-'));
  const store = createImageStore();
  const registry = await startRegistry({ store, ...(credentials && { credentials }) });
  await installDockerStandIn(join(temp, 'bin'), join(temp, 'docker-images'));
  return {
    temp,
    store,
    registry,
    docker: (args, { cwd = sample, input = '' } = {}) =>
      new Promise((resolve) => {
        const env = { PATH: '/usr/bin:/bin', HOME: temp, DOCKER_CONFIG: join(temp, 'docker-config') };
        const child = execFile(join(temp, 'bin', 'docker'), args, { cwd, env }, (error, stdout, stderr) => {
          resolve({ code: typeof error?.code === 'number' ? error.code : error ? 1 : 0, stdout, stderr });
        });
        child.stdin?.end(input);
      }),
    close: async () => {
      await registry.close();
      await rm(temp, { recursive: true, force: true });
    },
  };
};

/** Builds and pushes an app of the sample; returns its digest. */
export const pushSample = async (bench: Workbench, app: string, tag: string, cwd = sample): Promise<string> => {
  bench.store.createRepository(`hospital-ops-${app}`);
  const image = `${bench.registry.host}/hospital-ops-${app}:${tag}`;
  const dockerfile = `infrastructure/docker/${app}/Dockerfile`;
  const built = await bench.docker(['buildx', 'build', '--push', '-t', image, '-f', dockerfile, '.'], { cwd });
  if (built.code !== 0) throw new Error(built.stderr);
  return bench.store.tags(`hospital-ops-${app}`).get(tag) ?? '';
};

/** Copies the sample, as its next version if asked, to a folder of the bench. */
export const copySample = async (bench: Workbench, name: string, next = false): Promise<string> => {
  const folder = join(bench.temp, name);
  await cp(sample, folder, { recursive: true });
  if (next) await cp(nextSample, folder, { recursive: true });
  return folder;
};
