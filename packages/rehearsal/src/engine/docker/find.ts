import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { DockerAnswer, DockerCommand } from './command.ts';
import { createDockerCommand, reasonOf } from './command.ts';

/** A Docker Engine that answers and that shares this machine's loopback. */
export interface FoundDocker {
  /** Of the Engine. */
  readonly version: string;
  /** Of buildx; undefined when the docker command does not have it. */
  readonly buildx: string | undefined;
  /** What a docker command needs to reach it, but for the configuration and what PATH holds before it. */
  readonly env: Readonly<Record<string, string>>;
  /** Folder of the user's Docker configuration. */
  readonly userFolder: string;
}

/** Variables that say where the Engine is and how it builds; those with credentials are not among them. */
const VARIABLES = [
  'DOCKER_HOST',
  'DOCKER_CONTEXT',
  'DOCKER_TLS_VERIFY',
  'DOCKER_CERT_PATH',
  'DOCKER_API_VERSION',
  'DOCKER_BUILDKIT',
];

const INSTEAD =
  'or rehearse without --engine docker: tasks are then processes of this machine, and no RUN is executed.';

const missing = (what: string, why: string, next: string): Error =>
  new Error(`${what}\nWhy: ${why}\nNext: ${next}, ${INSTEAD}`);

/** Whether the Engine asks a registry at 127.0.0.1 of this machine: those of other machines, virtual ones too, do not. */
const sharesLoopback = async (docker: DockerCommand): Promise<boolean> => {
  let asked = false;
  const server = createServer((_, response) => response.writeHead(404).end());
  server.on('connection', () => {
    asked = true;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await docker.run(['pull', '--quiet', `127.0.0.1:${(server.address() as AddressInfo).port}/rehearsal/probe:1`]);
    return asked;
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
};

/**
 * Returns the Docker Engine that the docker command of `env` reaches. Throws an Error that says what, why and what to do
 * when there is no command, no Engine answers, or it runs on another machine, a virtual one (Docker Desktop) or rootless
 * network included: it pulls from a registry on 127.0.0.1, and tasks and the rehearsal must reach each other.
 */
export const findDocker = async (env: Readonly<Record<string, string | undefined>>): Promise<FoundDocker> => {
  const given = ['PATH', 'HOME', ...VARIABLES].flatMap((name) => {
    const value = env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const reach = Object.fromEntries(given);
  const userFolder = env.DOCKER_CONFIG ?? join(env.HOME ?? homedir(), '.docker');
  const docker = createDockerCommand({ ...reach, DOCKER_CONFIG: userFolder });
  let answer: DockerAnswer;
  try {
    answer = await docker.run(['version', '--format', '{{.Server.Version}} {{.Server.Os}}']);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw missing('no docker command was found.', why, 'install Docker Engine');
  }
  const [version = '', os] = answer.stdout.trim().split(' ');
  if (answer.exitCode !== 0 || version === '') {
    throw missing(
      'no Docker Engine answers.',
      reasonOf(answer),
      'start Docker Engine, let your user reach its socket, or point DOCKER_HOST at it',
    );
  }
  if (os !== 'linux' || !(await sharesLoopback(docker))) {
    throw missing(
      `the Docker Engine that answers (${version}) is not on this machine's own network.`,
      `it ${os === 'linux' ? 'does not reach 127.0.0.1 of this machine, where the registry of a rehearsal is' : `runs ${os} containers`}; Docker Desktop, rootless and remote Engines are apart in that way.`,
      'use a Docker Engine on Linux with its default network',
    );
  }
  const buildx = await docker.run(['buildx', 'version']);
  return {
    version,
    buildx: buildx.exitCode === 0 ? (/\bv?(\d+\.\d+\S*)/.exec(buildx.stdout)?.[1] ?? 'of unknown version') : undefined,
    env: reach,
    userFolder,
  };
};
