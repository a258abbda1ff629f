import type { Clock } from '@hospital-ops/action-kit/clock';
import { createLimit } from '@hospital-ops/action-kit/limit';
import { retry } from '@hospital-ops/action-kit/retry';
import type { Registry } from './client.ts';
import { isTransientRegistryError, RegistryError } from './errors.ts';
import type { Manifest } from './manifest.ts';
import { partsOf } from './manifest.ts';

/** Where an image lies. */
export interface Place {
  readonly registry: Registry;
  readonly repository: string;
}

export interface CopyOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  say(line: string): void;
}

const DELAYS_MS = [1_000, 2_000, 4_000, 8_000];

/** Blobs that are on their way at once. */
const AT_ONCE = 4;

const copyBlob = async (digest: string, from: Place, to: Place, options: CopyOptions): Promise<void> => {
  if (await to.registry.hasBlob(to.repository, digest)) return;
  const isNeighbour = from.registry.host === to.registry.host;
  if (isNeighbour && (await to.registry.mountBlob(to.repository, digest, from.repository))) return;
  await retry(
    async () => to.registry.putBlob(to.repository, digest, await from.registry.openBlob(from.repository, digest)),
    {
      isRetryable: isTransientRegistryError,
      delays: DELAYS_MS,
      clock: options.clock,
      signal: options.signal,
      onRetry: (error, _, delay) => options.say(`${(error as Error).message} Trying again in ${delay / 1000} s.`),
    },
  );
  options.say(`copied ${digest}`);
};

/**
 * Puts an image with all that it is made of into another repository: first what a manifest names, then its very bytes
 * under their own digest. An index brings its images along, attestations too. Throws RegistryError.
 */
export const copyImage = async (manifest: Manifest, from: Place, to: Place, options: CopyOptions): Promise<void> => {
  const { blobs, manifests } = partsOf(manifest);
  for (const digest of manifests) {
    const part = await from.registry.manifest(from.repository, digest);
    if (part === undefined) {
      const problem = { status: 404, code: undefined, message: `the index ${manifest.digest} names it` };
      throw new RegistryError(`GET ${from.registry.host}/${from.repository} manifests/${digest}`, problem);
    }
    await copyImage(part, from, to, options);
  }
  const limit = createLimit(AT_ONCE);
  await Promise.all([...new Set(blobs)].map((digest) => limit(() => copyBlob(digest, from, to, options))));
  if ((await to.registry.digest(to.repository, manifest.digest)) === undefined) {
    await to.registry.putManifest(to.repository, manifest.digest, manifest);
  }
};
