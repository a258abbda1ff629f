import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { ResolvedService } from '@hospital-ops/pipeline/model';
import type { ImageStore } from '../registry/image-store.ts';

/** How images are built here: a docker, real or stand-in, that is logged in. */
export interface Docker {
  /** Runs docker with these words; rejects with an Error that has what docker complained of as `stderr`. */
  run(words: readonly string[]): Promise<unknown>;
  /** Whether it has buildx; without it a build and its pushes are commands of their own. */
  readonly buildx: boolean;
  /** `127.0.0.1:PORT`. */
  readonly registry: string;
}

/** Builds the image of `service` from the checkout at `folder` and pushes it as every one of `names` (`repository:tag`). */
export const buildImage = async (
  docker: Docker,
  folder: string,
  service: ResolvedService,
  names: readonly string[],
): Promise<void> => {
  const { build } = service;
  const references = names.map((name) => `${docker.registry}/${name}`);
  const args = [
    ...(docker.buildx ? ['buildx', 'build', '--push', '--provenance', 'false'] : ['build']),
    ...references.flatMap((reference) => ['--tag', reference]),
    ...['--file', join(folder, build.dockerfile)],
    ...(build.target === undefined ? [] : ['--target', build.target]),
    ...Object.entries(build.buildArgs).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]),
    join(folder, build.context),
  ];
  try {
    await docker.run(args);
    if (!docker.buildx) for (const reference of references) await docker.run(['push', reference]);
  } catch (error) {
    const { stderr = '', message } = error as { stderr?: string; message: string };
    const tail = (stderr.trim() || message).split('\n').slice(-12).join('\n');
    throw new Error(`the image of service "${service.name}" cannot be built from ${build.dockerfile}:\n${tail}`);
  }
};

interface ImageDocument {
  readonly config?: { readonly ExposedPorts?: Readonly<Record<string, unknown>> };
  readonly rootfs?: { readonly diff_ids?: readonly string[] };
}

const imageDocument = (store: ImageStore, repository: string, reference: string): ImageDocument | undefined => {
  const manifest = store.manifest(repository, reference);
  if (manifest === undefined) return undefined;
  const { config } = JSON.parse(manifest.bytes.toString('utf8')) as { config?: { digest: string } };
  const blob = config && store.blob(config.digest);
  return blob && (JSON.parse(blob.toString('utf8')) as ImageDocument);
};

/** Returns a fingerprint of the files in an image, whatever its labels and tags; undefined when it is not there. */
export const contentOf = (store: ImageStore, repository: string, reference: string): string | undefined => {
  const layers = imageDocument(store, repository, reference)?.rootfs?.diff_ids;
  return layers && createHash('sha256').update(layers.join('\n')).digest('hex');
};

/** Returns the first TCP port that the image exposes, or undefined. */
export const exposedPort = (store: ImageStore, repository: string, reference: string): number | undefined => {
  const ports = Object.keys(imageDocument(store, repository, reference)?.config?.ExposedPorts ?? {});
  const first = ports.map((port) => /^(\d+)(\/tcp)?$/.exec(port)?.[1]).find((port) => port !== undefined);
  return first === undefined ? undefined : Number(first);
};
