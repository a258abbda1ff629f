import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { createDockerCommand, reasonOf } from './docker/command.ts';
import type { Container } from './docker/container.ts';
import { startContainer } from './docker/container.ts';
import { forgetImages, pullImage } from './docker/images.ts';
import type { RunningTask, TaskEngine } from './task-engine.ts';

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

/**
 * Runs tasks as containers of a Docker Engine, from images that the Engine pulls itself. The containers share this
 * machine's network, so that they reach the registry and the database on its loopback. What that costs: a container is
 * told by PORT (its first port) and HOST where to listen and must obey, other ports are the machine's own and collide
 * where two tasks have them, and nothing is isolated from the machine's network. Memory limits are kept. Faults that
 * replace a container's program need `node` in its image. close() removes the containers, every image of the registry,
 * and what was pulled from elsewhere; the Engine's build cache stays.
 */
export const createDockerEngine = ({ registryHost, env, temp }: DockerEngineOptions): TaskEngine => {
  const docker = createDockerCommand(env);
  const label = `${LABEL}=${randomBytes(6).toString('hex')}`;
  const pulled = new Set<string>();
  const names = new Set<string>();
  const removeAtExit = () => {
    if (names.size > 0) spawnSync('docker', ['rm', '--force', '--volumes', ...names], { env, stdio: 'ignore' });
  };
  // An unexpected end of this process must not leave the tasks behind.
  process.once('exit', removeAtExit);

  const remove = async (wanted: readonly string[]): Promise<void> => {
    if (wanted.length === 0) return;
    const answer = await docker.run(['rm', '--force', '--volumes', ...wanted]);
    if (answer.exitCode === 0) for (const name of wanted) names.delete(name);
  };

  return {
    start: async (task, events): Promise<RunningTask> => {
      await mkdir(temp, { recursive: true });
      for (const { image } of task.containers) await pullImage({ docker, registryHost, image, pulled });
      const started = new Map<string, Container>();
      const own: string[] = [];
      try {
        for (const spec of task.containers) {
          const name = `rehearsal-${task.id}-${spec.name}`;
          own.push(name);
          names.add(name);
          started.set(spec.name, await startContainer({ docker, temp, name, label, spec, events }));
        }
      } catch (error) {
        await remove(own);
        throw error;
      }
      return {
        address: (container, port) => {
          const found = started.get(container)?.ports.get(port);
          return found === undefined ? undefined : { host: '127.0.0.1', port: found };
        },
        stop: async () => {
          await Promise.all([...started.values()].map((container) => container.stop()));
          for (const name of own) names.delete(name);
        },
      };
    },
    close: async () => {
      process.off('exit', removeAtExit);
      const found = await docker.run(['ps', '--all', '--quiet', '--filter', `label=${label}`]);
      const ids = found.stdout.split('\n').filter((id) => id !== '');
      await remove(ids);
      const problem = await forgetImages({ docker, registryHost, pulled });
      if (found.exitCode !== 0)
        throw new Error(`the containers of the rehearsal could not be found: ${reasonOf(found)}`);
      if (problem !== undefined) throw new Error(`images of the rehearsal stay on the Docker Engine: ${problem}`);
    },
  };
};
