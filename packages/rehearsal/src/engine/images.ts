import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImageStore, StoredManifest } from '../registry/image-store.ts';
import type { Reference } from './builder/reference.ts';
import { parseReference } from './builder/reference.ts';
import { unpackLayer } from './image-files.ts';

/** What the image says about its container, as in the OCI image config. */
export interface ImageConfig {
  readonly Env?: readonly string[];
  readonly Entrypoint?: readonly string[];
  readonly Cmd?: readonly string[];
  readonly WorkingDir?: string;
}

export interface UnpackedImage {
  /** Folder that stands for the image's root. Shared by all containers of the image. */
  readonly root: string;
  readonly config: ImageConfig;
}

export interface Images {
  /** Rejects with an Error in ECS's words (`CannotPullContainerError: …`) when the image cannot be had. */
  pull(image: string): Promise<UnpackedImage>;
}

interface ManifestDocument {
  readonly config?: { readonly digest: string };
  readonly layers?: readonly { readonly digest: string; readonly mediaType: string }[];
  readonly manifests?: readonly { readonly digest: string; readonly platform?: { readonly architecture: string } }[];
}

/** ECS's stoppedReason for an image that is not there (Amazon ECS developer guide, "CannotPullContainer task errors"). */
export const cannotPull = (image: string, why = 'not found'): Error =>
  new Error(
    `CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref ${image}: ${image}: ${why}`,
  );

const parseImage = (image: string): Reference => {
  try {
    return parseReference(image);
  } catch {
    throw cannotPull(image, 'invalid reference format');
  }
};

const parse = (manifest: StoredManifest): ManifestDocument => JSON.parse(manifest.bytes.toString('utf8'));

/** Returns a manifest's image: itself, or of an index the one for this machine. */
const imageOf = (store: ImageStore, repository: string, manifest: StoredManifest): StoredManifest | undefined => {
  const { manifests } = parse(manifest);
  if (!manifests) return manifest;
  const architecture = process.arch === 'x64' ? 'amd64' : process.arch;
  const entry = manifests.find(({ platform }) => platform?.architecture === architecture);
  return entry && store.manifest(repository, entry.digest);
};

const blobOf = (store: ImageStore, image: string, digest: string): Buffer => {
  const blob = store.blob(digest);
  if (!blob) throw cannotPull(image, `blob ${digest} not found`);
  return blob;
};

/**
 * Returns images of the registry at `host` as folders below `temp`, each unpacked once. They are taken from the store, not
 * over HTTP.
 */
export const createImages = (store: ImageStore, host: string, temp: string): Images => {
  const unpacked = new Map<string, Promise<UnpackedImage>>();

  const unpack = async (image: string, manifest: StoredManifest): Promise<UnpackedImage> => {
    const { config, layers = [] } = parse(manifest);
    if (!config) throw cannotPull(image, 'the manifest is not an image');
    const root = join(temp, 'images', manifest.digest.slice('sha256:'.length, 'sha256:'.length + 16));
    const partial = `${root}.partial`;
    await rm(partial, { recursive: true, force: true });
    await mkdir(partial, { recursive: true });
    for (const { digest, mediaType } of layers) await unpackLayer(blobOf(store, image, digest), mediaType, partial);
    await rename(partial, root);
    return { root, config: JSON.parse(blobOf(store, image, config.digest).toString('utf8')).config ?? {} };
  };

  return {
    pull: async (image) => {
      const { registry, repository, tag, digest } = parseImage(image);
      if (registry !== host) throw cannotPull(image, `no such host, the only registry here is ${host}`);
      const found = store.manifest(repository, digest ?? tag ?? 'latest');
      const manifest = found && imageOf(store, repository, found);
      if (!manifest) throw cannotPull(image);
      let pending = unpacked.get(manifest.digest);
      if (!pending) {
        pending = unpack(image, manifest);
        unpacked.set(manifest.digest, pending);
        pending.catch(() => unpacked.delete(manifest.digest));
      }
      return pending;
    },
  };
};
