import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { installDockerStandIn } from '../engine/builder/install.ts';
import { packImageFor } from '../engine/builder/pack.ts';
import { createDockerCommand } from '../engine/docker/command.ts';
import { writeDockerConfig } from '../engine/docker/config.ts';
import type { FoundDocker } from '../engine/docker/find.ts';
import type { DockerEngine } from '../engine/docker-engine.ts';
import { createDockerEngine } from '../engine/docker-engine.ts';
import { createProcessEngine } from '../engine/process-engine.ts';
import type { TaskEngine } from '../engine/task-engine.ts';
import type { ImageStore } from '../registry/image-store.ts';
import { dockerServices } from '../runner/services/docker-services.ts';
import { processServices } from '../runner/services/process-services.ts';
import type { ServiceEngine } from '../runner/services/service-engine.ts';
import type { Docker } from '../world/images.ts';

/** What builds images and runs tasks in one rehearsal. */
export interface Engines {
  /** Folder whose commands go first in PATH. */
  readonly bin: string;
  /** What steps find in their environment so that their docker command works. */
  readonly env: Readonly<Record<string, string>>;
  /** What runs the service containers of jobs. */
  readonly services: ServiceEngine;
  /** Sentences about what of it was real. */
  readonly notes: readonly string[];
  createEngine(store: ImageStore, registryHost: string): TaskEngine;
  /** Returns the URL under which tasks reach a server that this machine reaches as `url`. */
  reach(url: string): Promise<string>;
  /** Logs the rehearsal itself in to its registry, with base64 of `user:password`; returns how it builds images. */
  login(registryHost: string, auth: string): Promise<Docker>;
}

const execute = promisify(execFile);

/** No Docker anywhere: a stand-in packs images, tasks are processes of this machine. */
export const processEngines = async (temp: string): Promise<Engines> => {
  const bin = join(temp, 'bin');
  await installDockerStandIn(bin, join(temp, 'images'));
  return {
    bin,
    env: {},
    services: processServices,
    notes: ['Images were packed by a stand-in for docker that executes no RUN; tasks were processes of this machine.'],
    createEngine: (store, registryHost) => createProcessEngine({ store, registryHost, temp: join(temp, 'tasks') }),
    reach: async (url) => url,
    login: async (registry, auth) => {
      const config = join(temp, 'docker-config');
      await mkdir(config);
      await writeFile(join(config, 'config.json'), JSON.stringify({ auths: { [registry]: { auth } } }));
      return { buildx: true, registry, run: (words) => packImageFor(words, config) };
    },
  };
};

/** The real thing: the Engine of `found` builds, stores and runs. */
export const dockerEngines = async (temp: string, found: FoundDocker): Promise<Engines> => {
  const { env, userFolder } = found;
  const bin = join(temp, 'bin');
  await mkdir(bin);
  // Three configurations: steps log in by themselves, builds may use proxies, and tasks must not find those.
  const folders = {
    steps: join(temp, 'docker-steps'),
    builds: join(temp, 'docker-builds'),
    tasks: join(temp, 'docker'),
  };
  await writeDockerConfig(folders.steps, { userFolder, proxies: true });
  const { PATH: _, HOME: __, ...reach } = env;
  let engine: DockerEngine | undefined;
  return {
    bin,
    env: { ...reach, DOCKER_CONFIG: folders.steps },
    services: dockerServices(createDockerCommand({ ...env, DOCKER_CONFIG: folders.steps })),
    notes: [
      found.buildx === undefined
        ? `Images were built by Docker Engine ${found.version} without buildx, which leaves untagged images of stages; tasks were its containers.`
        : `Images were built by Docker Engine ${found.version} with buildx ${found.buildx}; tasks were its containers.`,
      'Containers, images and their network are removed at the end; what the Engine keeps as build cache stays.',
    ],
    createEngine: (_store, registryHost) => {
      const reachTasks = { ...env, DOCKER_CONFIG: folders.tasks };
      engine = createDockerEngine({ registryHost, env: reachTasks, temp: join(temp, 'tasks') });
      return engine;
    },
    reach: async (url) => (engine === undefined ? url : engine.reach(url)),
    login: async (registry, auth) => {
      const logins = { [registry]: auth };
      await writeDockerConfig(folders.tasks, { userFolder, proxies: false, logins });
      const config = await writeDockerConfig(folders.builds, { userFolder, proxies: true, logins });
      const given = { env: { ...env, DOCKER_CONFIG: config }, maxBuffer: 64 * 1024 * 1024 };
      return { buildx: found.buildx !== undefined, registry, run: (words) => execute('docker', [...words], given) };
    },
  };
};
