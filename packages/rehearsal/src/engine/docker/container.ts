import { join } from 'node:path';
import { freePort } from '../ports.ts';
import type { ContainerExit, ContainerSpec, TaskEvents } from '../task-engine.ts';
import { outOfMemory } from '../task-engine.ts';
import type { DockerCommand } from './command.ts';
import { reasonOf } from './command.ts';
import { passEnvironment } from './environment-file.ts';

/** A container that was started. */
export interface Container {
  /** Ports of the container, and where they answer on 127.0.0.1. */
  readonly ports: ReadonlyMap<number, number>;
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

const create = async (options: ContainerOptions, own: number | undefined): Promise<void> => {
  const { docker, spec, name, label, temp } = options;
  const { flags, words } = commandWords(spec);
  const passed = await passEnvironment(join(temp, `${name}.env`), {
    ...spec.environment,
    HOST: '127.0.0.1',
    ...(own !== undefined && { PORT: String(own) }),
  });
  // A limit without swap beside it, as on Fargate.
  const memory = spec.memoryMiB === undefined ? [] : [`${spec.memoryMiB}m`];
  try {
    const answer = await docker.run(
      [
        ...['create', '--name', name, '--label', label, '--network', 'host', '--pull', 'never'],
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

/** How a container ended; an exit code of undefined when it is gone. */
const exitOf = async ({ docker, name, spec }: ContainerOptions): Promise<ContainerExit> => {
  const state = async (): Promise<State | undefined> => {
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
  let seen = await state();
  if (seen?.Running) {
    // The log was cut off, not the container.
    await docker.run(['wait', name]);
    seen = await state();
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
  const [first, ...others] = spec.ports;
  const own = first === undefined ? undefined : await freePort();
  await create(options, own);
  const started = await docker.run(['start', name]);
  if (started.exitCode !== 0) throw new Error(`CannotStartContainerError: ${reasonOf(started)}`);
  const ended = docker
    .follow(['logs', '--follow', name], (text) => events.line(spec.name, text))
    .then(() => exitOf(options))
    .then((exit) => events.exit(exit));
  const seconds = Math.ceil((spec.stopTimeoutMs ?? defaultStopTimeoutMs) / 1000);
  return {
    ports: new Map([
      ...(first === undefined || own === undefined ? [] : [[first, own] as const]),
      // Only one port can be told by PORT: the others are what they are, on the network of this machine.
      ...others.map((port) => [port, port] as const),
    ]),
    stop: async () => {
      await docker.run(['stop', '-t', String(seconds), name]);
      await ended;
      await docker.run(['rm', '--force', '--volumes', name]);
    },
  };
};
