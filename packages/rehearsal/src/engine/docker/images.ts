import type { DockerCommand } from './command.ts';
import { reasonOf } from './command.ts';

interface Surroundings {
  readonly docker: DockerCommand;
  readonly registryHost: string;
  /** Images of other registries that were pulled and were not there before. */
  readonly pulled: Set<string>;
}

/**
 * Has the Engine pull an image. One of the rehearsal's registry is always asked for; of others, only what is not on the
 * Engine yet. Rejects in ECS's words (`CannotPullContainerError: Error response from daemon: …`).
 */
export const pullImage = async ({ docker, registryHost, pulled, image }: Surroundings & { readonly image: string }) => {
  const foreign = !image.startsWith(`${registryHost}/`);
  if (foreign && (await docker.run(['image', 'inspect', '--format', '{{.Id}}', image])).exitCode === 0) return;
  const answer = await docker.run(['pull', '--quiet', image]);
  if (answer.exitCode !== 0) throw new Error(`CannotPullContainerError: ${reasonOf(answer)}`);
  if (foreign) pulled.add(image);
};

/** References of the registry's images on the Engine, by tag where they have one, else by digest. */
const referencesOf = async (docker: DockerCommand, registryHost: string): Promise<string[]> => {
  const format = '{{.Repository}}\t{{.Tag}}\t{{.Digest}}';
  const { stdout } = await docker.run(['image', 'ls', '--digests', '--format', format]);
  const rows = stdout.split('\n').map((line) => line.split('\t'));
  const own = rows.filter(([repository = '']) => repository.startsWith(`${registryHost}/`));
  const references = own.map(([repository, tag, digest]) =>
    tag === '<none>' ? `${repository}@${digest}` : `${repository}:${tag}`,
  );
  return [...new Set(references)];
};

/**
 * Removes every image reference of the registry from the Engine, and what was pulled from elsewhere. Images that other
 * references still name stay. Returns what could not be removed, or undefined.
 */
export const forgetImages = async ({ docker, registryHost, pulled }: Surroundings): Promise<string | undefined> => {
  const references = [...(await referencesOf(docker, registryHost)), ...pulled];
  if (references.length > 0) await docker.run(['image', 'rm', '--force', ...references]);
  pulled.clear();
  const left = await referencesOf(docker, registryHost);
  return left.length === 0 ? undefined : left.join(', ');
};
