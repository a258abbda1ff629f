import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { createDockerCommand, reasonOf } from './docker/command.ts';
import type { Container } from './docker/container.ts';
import { isRunning, startContainer } from './docker/container.ts';
import { forgetImages, pullImage } from './docker/images.ts';
import type { DockerNetwork } from './docker/network.ts';
import { createDockerNetwork } from './docker/network.ts';
import { freePort } from './ports.ts';
import type { ContainerSpec, RunningTask, TaskEngine, TaskEvents, TaskSpec } from './task-engine.ts';

export interface DockerEngineOptions {
  /** `127.0.0.1:PORT`: the registry of the rehearsal. Its images are pulled anew for every task, as ECS does. */
  readonly registryHost: string;
  /** Reaches the Engine; its DOCKER_CONFIG holds the login for the registry. */
  readonly env: Readonly<Record<string, string>>;
  /** Folder for files of a moment; its owner removes it. */
  readonly temp: string;
}

/** Marks the containers of rehearsals; its value tells them apart. */
export const LABEL = 'hospital-ops.rehearsal';

/** Runs tasks in containers that cannot see this machine's loopback. */
export interface DockerEngine extends TaskEngine {
  /** Returns a URL under which containers reach a server of this machine's loopback; other URLs as they are. */
  reach(url: string): Promise<string>;
}

/** The container that holds a task's network comes first: without it the others have none, and the task ends with it. */
const inOrder = (containers: readonly ContainerSpec[]): readonly ContainerSpec[] =>
  [...containers].sort((a, b) => Number(b.essential) - Number(a.essential));

/**
 * Runs tasks as containers of a Docker Engine, from images that the Engine pulls itself. As in the network mode awsvpc, the
 * containers of a task share a network of their own, and every port that the task definition names is published on
 * 127.0.0.1. Memory limits are kept; CPU limits, volumes, roles and the metadata endpoint of ECS are not there. Faults that
 * replace a container's program need `node` in its image. close() removes the containers, their network, every image of
 * the registry, and what was pulled from elsewhere; the Engine's build cache stays.
 */
export const createDockerEngine = ({ registryHost, env, temp }: DockerEngineOptions): DockerEngine => {
  const docker = createDockerCommand(env);
  const id = randomBytes(6).toString('hex');
  const label = `${LABEL}=${id}`;
  const pulled = new Set<string>();
  const names = new Set<string>();
  let network: Promise<DockerNetwork> | undefined;
  const theNetwork = (): Promise<DockerNetwork> => {
    network ??= createDockerNetwork(docker, `rehearsal-${id}`, label);
    return network;
  };
  const removeAtExit = () => {
    const remove = (...words: readonly string[]) => spawnSync('docker', words, { env, stdio: 'ignore' });
    if (names.size > 0) remove('rm', '--force', '--volumes', ...names);
    if (network !== undefined) remove('network', 'rm', `rehearsal-${id}`);
  };
  // An unexpected end of this process must not leave the tasks behind.
  process.once('exit', removeAtExit);

  const remove = async (wanted: readonly string[]): Promise<void> => {
    if (wanted.length === 0) return;
    const answer = await docker.run(['rm', '--force', '--volumes', ...wanted]);
    if (answer.exitCode === 0) for (const name of wanted) names.delete(name);
  };

  const nameOf = (task: TaskSpec, container: ContainerSpec): string => `rehearsal-${id}-${task.id}-${container.name}`;

  const startContainers = async (task: TaskSpec, ports: ReadonlyMap<number, number>, events: TaskEvents) => {
    const started: Container[] = [];
    const [first, ...others] = inOrder(task.containers);
    if (first === undefined) return started;
    const publish = [...ports].flatMap(([inside, outside]) => ['--publish', `127.0.0.1:${outside}:${inside}`]);
    const start = async (spec: ContainerSpec, flags: readonly string[]) => {
      const name = nameOf(task, spec);
      names.add(name);
      started.push(await startContainer({ docker, temp, name, label, spec, events, network: flags }));
    };
    await start(first, ['--network', (await theNetwork()).name, ...publish]);
    for (const spec of others) {
      try {
        await start(spec, ['--network', `container:${nameOf(task, first)}`]);
      } catch (error) {
        // When the first one has ended already, that is what happened to the task; the others have no network to join.
        if (await isRunning(docker, nameOf(task, first))) throw error;
        await remove([nameOf(task, spec)]);
        events.exit({ container: spec.name, exitCode: undefined });
      }
    }
    return started;
  };

  return {
    reach: async (url) => (await theNetwork()).reach(url),
    start: async (task, events): Promise<RunningTask> => {
      await mkdir(temp, { recursive: true });
      for (const { image } of task.containers) await pullImage({ docker, registryHost, image, pulled });
      const own = task.containers.map((container) => nameOf(task, container));
      const ports = new Map<number, number>();
      for (const port of task.containers.flatMap((container) => container.ports)) ports.set(port, await freePort());
      let started: readonly Container[];
      try {
        started = await startContainers(task, ports, events);
      } catch (error) {
        await remove(own);
        throw error;
      }
      return {
        address: (container, port) => {
          const spec = task.containers.find(({ name }) => name === container);
          const outside = spec?.ports.includes(port) ? ports.get(port) : undefined;
          return outside === undefined ? undefined : { host: '127.0.0.1', port: outside };
        },
        stop: async () => {
          await Promise.all(started.map((container) => container.stop()));
          for (const name of own) names.delete(name);
        },
      };
    },
    close: async () => {
      process.off('exit', removeAtExit);
      const found = await docker.run(['ps', '--all', '--quiet', '--filter', `label=${label}`]);
      const ids = found.stdout.split('\n').filter((one) => one !== '');
      await remove(ids);
      const made = await network?.catch(() => undefined);
      await made?.close();
      const problem = await forgetImages({ docker, registryHost, pulled });
      if (found.exitCode !== 0)
        throw new Error(`the containers of the rehearsal could not be found: ${reasonOf(found)}`);
      if (problem !== undefined) throw new Error(`images of the rehearsal stay on the Docker Engine: ${problem}`);
    },
  };
};
