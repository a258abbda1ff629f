import { createServer } from 'node:net';
import { freePort } from '../../engine/ports.ts';
import { POSTGRES_ENV, startPostgres } from './postgres.ts';
import { findPostgres, findRedis } from './programs.ts';
import { startRedis } from './redis.ts';
import type { ServiceEngine, ServiceSpec, ServiceTools } from './service-engine.ts';

interface Kind {
  readonly name: string;
  /** That the image listens at. */
  readonly port: number;
  readonly env: readonly string[];
  find(): string | undefined;
  start(program: string, port: number, spec: ServiceSpec, tools: ServiceTools): Promise<() => Promise<void>>;
}

/** Images by their names on Docker Hub. */
const KINDS: Readonly<Record<string, Kind>> = {
  postgres: { name: 'PostgreSQL', port: 5_432, env: POSTGRES_ENV, find: findPostgres, start: startPostgres },
  redis: {
    name: 'Redis',
    port: 6_379,
    env: [],
    find: findRedis,
    start: (program, port, _, tools) => startRedis(program, port, tools),
  },
};

/** `docker.io/library/postgres:17-alpine` is `postgres`; images of others are none of these. */
const kindOf = (image: string): Kind | undefined => {
  const name = image.replace(/^(docker\.io\/)?(library\/)?/, '').replace(/(:[^/]*)?(@.*)?$/, '');
  return Object.hasOwn(KINDS, name) ? KINDS[name] : undefined;
};

const MORE = '`--engine docker` runs it as a container';

const checkPort = async (port: number, id: string): Promise<number> => {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', () =>
      reject(
        new Error(
          `The port ${port} of this machine is taken, and the service "${id}" asks for it. Next: give the container's port alone (\`ports: [5432]\`) and read \`job.services.${id}.ports\`, or free the port.`,
        ),
      ),
    );
    server.listen(port, '127.0.0.1', resolve);
  });
  await new Promise((resolve) => server.close(resolve));
  return port;
};

const checkSpec = (spec: ServiceSpec, kind: Kind): void => {
  const problems = [
    ...Object.keys(spec.env).filter((name) => !kind.env.includes(name)),
    ...spec.options.filter((word) => word.startsWith('-') && !/^--(health-|no-healthcheck|name)/.test(word)),
    ...spec.volumes.map((volume) => `the volume ${volume}`),
    ...spec.ports.filter(({ container }) => container !== kind.port).map(({ container }) => `the port ${container}`),
  ];
  if (problems.length > 0) {
    throw new Error(
      `The service "${spec.id}" asks for ${problems.join(', ')}, which ${kind.name} as a process of this machine has not; ${MORE}.`,
    );
  }
};

/** PostgreSQL and Redis as processes of this machine, where their programs are there; whatever version they are. */
export const processServices: ServiceEngine = {
  refusal: (image) => {
    const kind = kindOf(image);
    if (kind === undefined) return `there are postgres and redis, not ${image}; ${MORE}`;
    if (kind.find() === undefined) return `${kind.name} is not on this machine. Install it, or ${MORE}`;
    return undefined;
  },
  start: async (spec, tools) => {
    const kind = kindOf(spec.image);
    const program = kind?.find();
    if (kind === undefined || program === undefined) {
      throw new Error(`The service "${spec.id}" cannot be run here: ${processServices.refusal(spec.image)}.`);
    }
    checkSpec(spec, kind);
    const asked = spec.ports.find(({ host }) => host !== undefined)?.host;
    const port = asked === undefined ? await freePort() : await checkPort(asked, spec.id);
    tools.log(`${spec.id}: ${kind.name} of this machine (${program}) in the place of ${spec.image}, at port ${port}`);
    const stop = await kind.start(program, port, spec, tools);
    return {
      id: spec.id,
      network: 'localhost',
      ports: spec.ports.length === 0 ? {} : { [kind.port]: String(port) },
      stop,
    };
  },
};
