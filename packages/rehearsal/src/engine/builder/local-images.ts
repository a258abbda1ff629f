import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BuildError } from './build-error.ts';
import type { BuiltImage } from './image.ts';

const fileOf = (folder: string, name: string): string => join(folder, `${encodeURIComponent(name)}.json`);
const blobFile = (folder: string, digest: string): string => join(folder, digest.replace(':', '-'));

/** Keeps an image for a later `docker push`, as the daemon would. */
export const saveImage = (folder: string, name: string, image: BuiltImage): void => {
  mkdirSync(folder, { recursive: true });
  for (const [digest, bytes] of image.blobs) writeFileSync(blobFile(folder, digest), bytes);
  const { digest, configDigest, manifest, blobs } = image;
  writeFileSync(
    fileOf(folder, name),
    JSON.stringify({ digest, configDigest, manifest: manifest.toString('base64'), blobs: [...blobs.keys()] }),
  );
};

/** Returns the image that was kept under `registry/repository:tag`. Throws BuildError when there is none. */
export const loadImage = (folder: string, name: string): BuiltImage => {
  let text: string;
  try {
    text = readFileSync(fileOf(folder, name), 'utf8');
  } catch {
    throw new BuildError(`An image does not exist locally with the tag: ${name}`);
  }
  const { digest, configDigest, manifest, blobs } = JSON.parse(text);
  return {
    digest,
    configDigest,
    manifest: Buffer.from(manifest, 'base64'),
    blobs: new Map(blobs.map((blob: string) => [blob, readFileSync(blobFile(folder, blob))])),
  };
};
