import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { DockerCommand } from '../../engine/docker/command.ts';
import { reasonOf } from '../../engine/docker/command.ts';
import { passEnvironment } from '../../engine/docker/environment-file.ts';
import type { ServiceEngine, ServicePort, ServiceSpec, ServiceTools } from './service-engine.ts';

/** How long a container may take until its health check says healthy; checks of slow images come every 30 s. */
const HEALTHY_MS = 300_000;
const LOOK_MS = 200;

interface State {
  readonly Running: boolean;
  readonly ExitCode: number;
  readonly Health?: { readonly Status: string };
}

/** On loopback, as everything of a rehearsal. */
const publish = ({ host, container, protocol }: ServicePort): string =>
  `127.0.0.1:${host ?? ''}:${container}/${protocol}`;

const awaitHealthy = async (docker: DockerCommand, id: string, spec: ServiceSpec, signal: AbortSignal) => {
  const deadline = Date.now() + HEALTHY_MS;
  while (Date.now() < deadline && !signal.aborted) {
    const { stdout, exitCode } = await docker.run(['inspect', '--format', '{{json .State}}', id]);
    const state = exitCode === 0 ? (JSON.parse(stdout) as State) : undefined;
    if (state === undefined || !state.Running || state.Health?.Status === 'unhealthy') {
      const { stdout: out, stderr } = await docker.run(['logs', '--tail', '20', id]);
      const how = state?.Running ? 'is unhealthy' : `ended with exit code ${state?.ExitCode ?? 'unknown'}`;
      throw new Error(`The service "${spec.id}" (${spec.image}) ${how}. Last lines: ${`${out}${stderr}`.trim()}`);
    }
    if (state.Health === undefined || state.Health.Status === 'healthy') return;
    await pause(LOOK_MS);
  }
  throw new Error(`The service "${spec.id}" (${spec.image}) was not healthy after ${HEALTHY_MS / 1_000} s.`);
};

const publishedPorts = async (docker: DockerCommand, id: string): Promise<Record<string, string>> => {
  const { stdout } = await docker.run(['port', id]);
  const pairs = [...stdout.matchAll(/^(\d+)\/\w+ -> .*:(\d+)$/gm)];
  return Object.fromEntries(pairs.map(([, container = '', host = '']) => [container, host]));
};

const start = async (docker: DockerCommand, spec: ServiceSpec, tools: ServiceTools) => {
  const name = `rehearsal-service-${spec.id}-${randomUUID().slice(0, 8)}`;
  const passed = await passEnvironment(join(tools.temp, `${name}.env`), spec.env);
  const remove = async () => void (await docker.run(['rm', '--force', '--volumes', name]));
  const flags = [
    ...spec.ports.flatMap((port) => ['--publish', publish(port)]),
    ...spec.volumes.flatMap((volume) => ['--volume', volume]),
  ];
  try {
    const answer = await docker
      .run(['run', '--detach', '--name', name, ...flags, ...passed.args, ...spec.options, spec.image], passed.env)
      .finally(() => passed.remove());
    if (answer.exitCode !== 0) throw new Error(`The service "${spec.id}" cannot be started: ${reasonOf(answer)}`);
    tools.log(`${spec.id}: container ${name} of ${spec.image}`);
    await awaitHealthy(docker, name, spec, tools.signal);
    return { id: answer.stdout.trim(), network: 'bridge', ports: await publishedPorts(docker, name), stop: remove };
  } catch (error) {
    await remove();
    throw error;
  }
};

/** Service containers as containers of a Docker Engine, which pulls what it has not. */
export const dockerServices = (docker: DockerCommand): ServiceEngine => ({
  refusal: () => undefined,
  start: (spec, tools) => start(docker, spec, tools),
});
