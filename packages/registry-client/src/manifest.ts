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
  readonly platform?: { readonly os?: string; readonly architecture?: string; readonly variant?: string };
}

interface ManifestDocument {
  readonly config?: Descriptor;
  readonly layers?: readonly Descriptor[];
  readonly manifests?: readonly Descriptor[];
}

const parse = ({ bytes }: Manifest): ManifestDocument => JSON.parse(bytes.toString('utf8')) as ManifestDocument;

const digestsOf = (descriptors: readonly Descriptor[] = []): string[] =>
  descriptors.flatMap(({ digest }) => (digest === undefined ? [] : [digest]));

/** What a manifest leads to: the configuration of an image, or for an index its first image. Attestations are none. */
export type ManifestTarget =
  | { readonly kind: 'config'; readonly digest: string }
  | { readonly kind: 'manifest'; readonly digest: string };

/** Returns where the configuration is found, or undefined for a manifest of nothing that runs. */
export const targetOf = (manifest: Manifest): ManifestTarget | undefined => {
  const document = parse(manifest);
  if (document.config?.digest !== undefined) return { kind: 'config', digest: document.config.digest };
  // BuildKit keeps attestations as manifests of the platform unknown/unknown.
  const image = document.manifests?.find(({ platform }) => platform?.os !== 'unknown');
  return image?.digest === undefined ? undefined : { kind: 'manifest', digest: image.digest };
};

/** Returns the digests of all that a manifest names. */
export const partsOf = (manifest: Manifest): { readonly blobs: string[]; readonly manifests: string[] } => {
  const { config, layers = [], manifests = [] } = parse(manifest);
  return { blobs: digestsOf([...(config ? [config] : []), ...layers]), manifests: digestsOf(manifests) };
};

/** What an index holds. */
export interface IndexParts {
  /** Platform (`linux/arm64/v8`) to the digest of its image. */
  readonly images: Readonly<Record<string, string>>;
  readonly attestations: readonly string[];
}

/** Returns what an index holds, or undefined for the manifest of a single image. */
export const indexPartsOf = (manifest: Manifest): IndexParts | undefined => {
  const { manifests } = parse(manifest);
  if (manifests === undefined) return undefined;
  const isImage = ({ platform }: Descriptor) => platform?.os !== 'unknown';
  const images = manifests
    .filter(isImage)
    .flatMap(({ digest, platform: { os, architecture, variant } = {} }, index) =>
      digest === undefined
        ? []
        : [[os === undefined ? `image ${index + 1}` : [os, architecture, variant].filter(Boolean).join('/'), digest]],
    );
  return {
    images: Object.fromEntries(images),
    attestations: digestsOf(manifests.filter((each) => !isImage(each))),
  };
};
