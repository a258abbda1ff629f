import { join } from 'node:path';
import type { ContainerExit, ContainerSpec, TaskEvents } from '../task-engine.ts';
import { outOfMemory } from '../task-engine.ts';
import type { DockerCommand } from './command.ts';
import { reasonOf } from './command.ts';
import { passEnvironment } from './environment-file.ts';

/** A container that was started. */
export interface Container {
  /** SIGTERM, then SIGKILL after the stop timeout; resolves when its last line and its exit were handed on. */
  stop(): Promise<void>;
}

export interface ContainerOptions {
  readonly docker: DockerCommand;
  /** Folder for what must not be on a command line. */
  readonly temp: string;
  /** Unique on this Engine. */
  readonly name: string;
  /** `name=value`. */
  readonly label: string;
  /** Flags that say which network it is in and which of its ports are published. */
  readonly network: readonly string[];
  readonly spec: ContainerSpec;
  readonly events: TaskEvents;
}

const defaultStopTimeoutMs = 30_000;

/** Docker's `--entrypoint` takes one word and drops CMD; what else an entry point has goes before the command. */
const commandWords = ({ entryPoint, command = [] }: ContainerSpec): { flags: string[]; words: string[] } => {
  const [program, ...rest] = entryPoint ?? [];
  return program === undefined
    ? { flags: [], words: [...command] }
    : { flags: ['--entrypoint', program], words: [...rest, ...command] };
};

const create = async ({ docker, spec, name, label, network, temp }: ContainerOptions): Promise<void> => {
  const { flags, words } = commandWords(spec);
  const passed = await passEnvironment(join(temp, `${name}.env`), spec.environment);
  // A limit without swap beside it, as on Fargate.
  const memory = spec.memoryMiB === undefined ? [] : [`${spec.memoryMiB}m`];
  try {
    const answer = await docker.run(
      [
        ...['create', '--name', name, '--label', label, '--pull', 'never', ...network],
        // ECS does not look at an image's HEALTHCHECK (ECS developer guide, "Determine task health").
        '--no-healthcheck',
        // Whatever the Engine's default is, `docker logs` must be able to read it.
        ...['--log-driver', 'json-file'],
        ...memory.flatMap((limit) => ['--memory', limit, '--memory-swap', limit]),
        ...[...passed.args, ...flags, spec.image, ...words],
      ],
      passed.env,
    );
    if (answer.exitCode !== 0) throw new Error(`CannotCreateContainerError: ${reasonOf(answer)}`);
  } finally {
    await passed.remove();
  }
};

interface State {
  readonly Running: boolean;
  readonly ExitCode: number;
  readonly OOMKilled: boolean;
}

const stateOf = async (docker: DockerCommand, name: string): Promise<State | undefined> => {
  const { exitCode, stdout } = await docker.run([
    'inspect',
    '--type',
    'container',
    '--format',
    '{{json .State}}',
    name,
  ]);
  return exitCode === 0 ? (JSON.parse(stdout) as State) : undefined;
};

/** Returns whether the container of that name runs. */
export const isRunning = async (docker: DockerCommand, name: string): Promise<boolean> =>
  (await stateOf(docker, name))?.Running ?? false;

/** How a container ended; an exit code of undefined when it is gone. */
const exitOf = async ({ docker, name, spec }: ContainerOptions): Promise<ContainerExit> => {
  let seen = await stateOf(docker, name);
  if (seen?.Running) {
    // The log was cut off, not the container.
    await docker.run(['wait', name]);
    seen = await stateOf(docker, name);
  }
  return {
    container: spec.name,
    exitCode: seen?.ExitCode,
    ...(seen?.OOMKilled && { reason: outOfMemory }),
  };
};

/**
 * Starts a container of an image that is on the Engine. Rejects in ECS's words (`CannotStartContainerError: …`) when it
 * cannot; what was created then stays, for whoever removes containers by their label.
 */
export const startContainer = async (options: ContainerOptions): Promise<Container> => {
  const { docker, name, spec, events } = options;
  await create(options);
  const started = await docker.run(['start', name]);
  if (started.exitCode !== 0) throw new Error(`CannotStartContainerError: ${reasonOf(started)}`);
  const ended = docker
    .follow(['logs', '--follow', name], (text) => events.line(spec.name, text))
    .then(() => exitOf(options))
    .then((exit) => events.exit(exit));
  const seconds = Math.ceil((spec.stopTimeoutMs ?? defaultStopTimeoutMs) / 1000);
  return {
    stop: async () => {
      await docker.run(['stop', '-t', String(seconds), name]);
      await ended;
      await docker.run(['rm', '--force', '--volumes', name]);
    },
  };
};
