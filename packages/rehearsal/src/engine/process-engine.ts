import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { basename, delimiter, dirname, join } from 'node:path';
import type { ImageStore } from '../registry/image-store.ts';
import type { ContainerProcess } from './container-process.ts';
import { startProcess } from './container-process.ts';
import type { Images, UnpackedImage } from './images.ts';
import { createImages } from './images.ts';
import { freePort } from './ports.ts';
import type { ContainerSpec, RunningTask, TaskEngine, TaskEvents, TaskSpec } from './task-engine.ts';

export interface ProcessEngineOptions {
  readonly store: ImageStore;
  /** `127.0.0.1:PORT`: the registry whose images can be run. */
  readonly registryHost: string;
  /** Folder for unpacked images and for what tasks write; its owner removes it. */
  readonly temp: string;
}

const defaultStopTimeoutMs = 30_000;

interface Started {
  readonly process: ContainerProcess;
  readonly ports: ReadonlyMap<number, number>;
  readonly folder: string;
}

/** Docker's rule: a given entrypoint drops the image's CMD. */
const commandOf = ({ entryPoint, command }: ContainerSpec, { Entrypoint = [], Cmd = [] }: UnpackedImage['config']) =>
  entryPoint ? [...entryPoint, ...(command ?? [])] : [...Entrypoint, ...(command ?? Cmd)];

/** Paths of the image become paths below the folder that stands for its root. */
const inRoot = (root: string, word: string): string =>
  word.startsWith('/') && existsSync(join(root, word)) ? join(root, word) : word;

const environmentOf = (
  { environment }: ContainerSpec,
  { config }: UnpackedImage,
  folder: string,
  port: number | undefined,
): Record<string, string> => ({
  ...Object.fromEntries(
    (config.Env ?? []).map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  ),
  PATH: [dirname(process.execPath), '/usr/local/bin', '/usr/bin', '/bin'].join(delimiter),
  HOME: folder,
  TMPDIR: folder,
  ...environment,
  HOST: '127.0.0.1',
  ...(port !== undefined && { PORT: String(port) }),
});

const startContainer = async (
  images: Images,
  temp: string,
  task: TaskSpec,
  container: ContainerSpec,
  events: TaskEvents,
): Promise<Started> => {
  const image = await images.pull(container.image);
  const folder = join(temp, 'tasks', `${task.id}-${container.name}`);
  const cwd = join(image.root, image.config.WorkingDir ?? '/');
  await mkdir(folder, { recursive: true });
  await mkdir(cwd, { recursive: true });
  const [program = '', ...args] = commandOf(container, image.config);
  // The machine's Node stands in for the image's, which has not been pulled.
  const command = basename(program) === 'node' ? process.execPath : inRoot(image.root, program);
  const [port] = container.ports;
  const ownPort = port === undefined ? undefined : await freePort();
  const started = await startProcess({
    command,
    args: args.map((arg) => inRoot(image.root, arg)),
    cwd,
    env: environmentOf(container, image, folder, ownPort),
    stopTimeoutMs: container.stopTimeoutMs ?? defaultStopTimeoutMs,
    line: (text) => events.line(container.name, text),
    exit: (exitCode) => events.exit({ container: container.name, exitCode }),
  });
  return { process: started, ports: new Map(port === undefined ? [] : [[port, ownPort ?? 0]]), folder };
};

/**
 * Runs tasks as processes of this machine, without Docker: the files of an image in a folder, its command as a child
 * process with a clean environment. Limits: a container gets one port, its first, and must listen where PORT says; there is
 * no isolation, no other user, no memory limit; absolute paths of the image are replaced in the command only; containers of
 * the same image share its files, and their own TMPDIR and HOME are apart.
 */
export const createProcessEngine = ({ store, registryHost, temp }: ProcessEngineOptions): TaskEngine => {
  const images = createImages(store, registryHost, temp);
  const running = new Set<Started>();
  const killAll = () => {
    for (const { process: child } of running) child.kill();
  };
  // An unexpected end of this process must not leave the tasks behind.
  process.once('exit', killAll);

  const end = async (container: Started): Promise<void> => {
    await container.process.stop();
    running.delete(container);
    await rm(container.folder, { recursive: true, force: true });
  };

  return {
    start: async (task, events): Promise<RunningTask> => {
      const started = new Map<string, Started>();
      try {
        for (const container of task.containers) {
          const one = await startContainer(images, temp, task, container, events);
          started.set(container.name, one);
          running.add(one);
        }
      } catch (error) {
        await Promise.all([...started.values()].map(end));
        throw error;
      }
      return {
        address: (container, port) => {
          const own = started.get(container)?.ports.get(port);
          return own === undefined ? undefined : { host: '127.0.0.1', port: own };
        },
        stop: async () => {
          await Promise.all([...started.values()].map(end));
        },
      };
    },
    close: async () => {
      process.off('exit', killAll);
      killAll();
      await Promise.all([...running].map(end));
    },
  };
};
