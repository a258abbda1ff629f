import { createHash } from 'node:crypto';

/** A manifest or index as it lies in the registry, byte for byte. */
export interface Manifest {
  readonly digest: string;
  readonly mediaType: string;
  readonly bytes: Buffer;
}

export const MANIFEST_TYPES = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
] as const;

export const digestOf = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

interface Descriptor {
  readonly digest?: string;
  readonly platform?: { readonly os?: string };
}

interface ManifestDocument {
  readonly config?: Descriptor;
  readonly manifests?: readonly Descriptor[];
}

/** What a manifest leads to: the configuration of an image, or for an index its first image. Attestations are none. */
export type ManifestTarget =
  | { readonly kind: 'config'; readonly digest: string }
  | { readonly kind: 'manifest'; readonly digest: string };

/** Returns where the configuration is found, or undefined for a manifest of nothing that runs. */
export const targetOf = (manifest: Manifest): ManifestTarget | undefined => {
  const document = JSON.parse(manifest.bytes.toString('utf8')) as ManifestDocument;
  if (document.config?.digest !== undefined) return { kind: 'config', digest: document.config.digest };
  // BuildKit keeps attestations as manifests of the platform unknown/unknown.
  const image = document.manifests?.find(({ platform }) => platform?.os !== 'unknown');
  return image?.digest === undefined ? undefined : { kind: 'manifest', digest: image.digest };
};
