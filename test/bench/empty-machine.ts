import type { Upstream } from '@hospital-ops/rehearsal/registry/upstream';
import { importBuildKitImage } from '../support/buildkit-image.ts';
import { startPrivateDocker } from '../support/private-docker.ts';
import { run, timed } from './commands.ts';

/** A machine as GitHub hands it to a job: an Engine runs, and there is neither a builder nor BuildKit's image. */
export interface EmptyMachine {
  /** Megabytes of BuildKit's image, as it is pulled. */
  readonly imageMb: number;
  /** With which `docker buildx` builds there. */
  readonly env: NodeJS.ProcessEnv;
  /** Forgets the builder with its layers, and BuildKit's image. */
  forget(): Promise<void>;
  /** What docker/setup-buildx-action does; milliseconds of it by part. */
  setUp(): Promise<Readonly<Record<'create' | 'pull' | 'start', number>>>;
  close(): Promise<void>;
}

const BUILDER = 'fresh';

const compressedMb = async ({ host, user, password }: Upstream, name: string): Promise<number> => {
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  const headers = { authorization, accept: 'application/vnd.docker.distribution.manifest.v2+json' };
  const answer = await fetch(`http://${host}/v2/${name}/manifests/1`, { headers });
  const { layers } = (await answer.json()) as { layers: ReadonlyArray<{ size: number }> };
  return layers.reduce((sum, { size }) => sum + size, 0) / 1_000_000;
};

/** Starts one, whose BuildKit is pulled from `upstream`; `env` holds a Docker configuration that is logged in there. */
export const startEmptyMachine = async (upstream: Upstream, env: NodeJS.ProcessEnv): Promise<EmptyMachine> => {
  const engine = await startPrivateDocker();
  const here = { ...env, DOCKER_HOST: engine.host, BUILDX_BUILDER: BUILDER };
  const docker = (...args: readonly string[]) => run('docker', args, here);
  const image = `${upstream.host}/buildkit:1`;
  const removeBuilder = () => docker('buildx', 'rm', '--force', BUILDER).catch(() => '');
  const close = async () => {
    await removeBuilder();
    await engine.close();
  };
  try {
    await importBuildKitImage(engine.host, image);
    await docker('push', image);
    return {
      env: here,
      imageMb: await compressedMb(upstream, 'buildkit'),
      forget: async () => {
        await removeBuilder();
        await docker('image', 'rm', '--force', image);
      },
      setUp: async () => {
        const driver = ['--driver', 'docker-container', '--driver-opt', `image=${image},network=host`];
        const create = await timed(() => docker('buildx', 'create', '--name', BUILDER, ...driver));
        let said = '';
        const boot = await timed(async () => {
          said = await docker('buildx', 'inspect', '--bootstrap');
        });
        const pull = Number(/pulling image \S+ (\d+\.\d+)s done/.exec(said)?.[1]) * 1_000;
        return { create, pull, start: boot - pull };
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
};
