import type { ImageStore, StoredManifest } from '../../registry/image-store.ts';
import { digestOf } from '../../registry/image-store.ts';
import type { AwsService, CallContext } from '../service.ts';
import { AwsFault } from '../service.ts';
import { ecrFaults } from './faults.ts';
import { page } from './page.ts';
import { findRepository } from './repositories.ts';

export interface ImageId {
  readonly imageDigest?: string;
  readonly imageTag?: string;
}

interface ImageRequest {
  readonly repositoryName: string;
  readonly imageIds?: readonly ImageId[];
  readonly filter?: { readonly tagStatus?: 'TAGGED' | 'UNTAGGED' | 'ANY' };
  readonly nextToken?: string;
  readonly maxResults?: number;
}

interface PutImage {
  readonly repositoryName: string;
  readonly imageManifest: string;
  readonly imageManifestMediaType?: string;
  readonly imageTag?: string;
  readonly imageDigest?: string;
}

interface ManifestDocument {
  readonly mediaType?: string;
  readonly config?: { readonly mediaType?: string; readonly digest: string; readonly size: number };
  readonly layers?: readonly { readonly digest: string; readonly size: number }[];
}

const parseManifest = (bytes: Buffer | string): ManifestDocument => {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    throw ecrFaults.invalid("Invalid parameter at 'ImageManifest' failed to satisfy constraint: 'Invalid JSON syntax'");
  }
};

/** Returns the manifest that an id names; with tag and digest both must agree. */
export const findManifest = (store: ImageStore, repository: string, id: ImageId): StoredManifest | undefined => {
  const manifest = store.manifest(repository, id.imageDigest ?? id.imageTag ?? '');
  const moved = id.imageTag !== undefined && store.tags(repository).get(id.imageTag) !== manifest?.digest;
  return moved ? undefined : manifest;
};

const tagsOf = (store: ImageStore, repository: string, digest: string): readonly string[] =>
  [...store.tags(repository)].filter(([, target]) => target === digest).map(([tag]) => tag);

const describe = (store: ImageStore, repository: string, manifest: StoredManifest, { accountId }: CallContext) => {
  const { config, layers = [] } = parseManifest(manifest.bytes);
  const tags = tagsOf(store, repository, manifest.digest);
  return {
    registryId: accountId,
    repositoryName: repository,
    imageDigest: manifest.digest,
    ...(tags.length > 0 && { imageTags: tags }),
    imageSizeInBytes: layers.reduce((sum, { size }) => sum + size, 0),
    imagePushedAt: new Date(manifest.pushedAt),
    imageManifestMediaType: manifest.mediaType,
    ...(config?.mediaType && { artifactMediaType: config.mediaType }),
  };
};

const putImage = (store: ImageStore, input: Record<string, unknown>, context: CallContext) => {
  const request = input as unknown as PutImage;
  const { repositoryName: name, imageTag: tag } = request;
  findRepository(store, name, context);
  const bytes = Buffer.from(request.imageManifest, 'utf8');
  const digest = digestOf(bytes);
  if (request.imageDigest !== undefined && request.imageDigest !== digest) {
    throw new AwsFault(
      'ImageDigestDoesNotMatchException',
      `The image digest '${request.imageDigest}' does not match the digest of the manifest, '${digest}'`,
    );
  }
  const { mediaType = request.imageManifestMediaType, config, layers = [] } = parseManifest(request.imageManifest);
  if (!mediaType) throw ecrFaults.invalid("Invalid parameter at 'imageManifestMediaType' failed to satisfy constraint");
  const missing = [...(config ? [config] : []), ...layers].find((part) => !store.blob(part.digest));
  if (missing) {
    throw new AwsFault(
      'LayersNotFoundException',
      `The following layers do not exist in the repository: ${missing.digest}`,
    );
  }
  const same = tag === undefined ? store.manifest(name, digest) : store.tags(name).get(tag) === digest;
  if (same) throw ecrFaults.imageExists(name, digest, tag ?? 'null', context.accountId);
  const put = store.putManifest(name, bytes, mediaType, tag);
  if (put.result === 'immutable') throw ecrFaults.tagExists(name, put.tag);
  return {
    image: {
      registryId: context.accountId,
      repositoryName: name,
      imageId: { imageDigest: digest, ...(tag !== undefined && { imageTag: tag }) },
      imageManifest: request.imageManifest,
      imageManifestMediaType: mediaType,
    },
  };
};

const withStatus = (ids: readonly Required<ImageId>[], untagged: readonly ImageId[], status = 'ANY') => [
  ...(status === 'UNTAGGED' ? [] : ids),
  ...(status === 'TAGGED' ? [] : untagged),
];

/** Operations on images: what was pushed to the registry is seen here and the other way round. */
export const imageOperations = (store: ImageStore): AwsService['operations'] => ({
  PutImage: (input, context) => putImage(store, input, context),
  DescribeImages: (input, context) => {
    const { repositoryName: name, imageIds, filter, ...paging } = input as unknown as ImageRequest;
    findRepository(store, name, context);
    const asked = imageIds?.map((id) => {
      const manifest = findManifest(store, name, id);
      if (!manifest) throw ecrFaults.noImage(name, id, context.accountId);
      return manifest;
    });
    const wanted = (asked ?? store.manifests(name)).filter(({ digest }) => {
      if (!filter?.tagStatus || filter.tagStatus === 'ANY') return true;
      return tagsOf(store, name, digest).length > 0 === (filter.tagStatus === 'TAGGED');
    });
    const { items, nextToken } = page(wanted, paging, 100);
    return {
      imageDetails: items.map((manifest) => describe(store, name, manifest, context)),
      ...(nextToken && { nextToken }),
    };
  },
  ListImages: (input, context) => {
    const { repositoryName: name, filter, ...paging } = input as unknown as ImageRequest;
    findRepository(store, name, context);
    const tagged = [...store.tags(name)].map(([imageTag, imageDigest]) => ({ imageDigest, imageTag }));
    const untagged = store
      .manifests(name)
      .filter(({ digest }) => tagsOf(store, name, digest).length === 0)
      .map(({ digest }) => ({ imageDigest: digest }));
    const { items, nextToken } = page(withStatus(tagged, untagged, filter?.tagStatus), paging, 100);
    return { imageIds: items, ...(nextToken && { nextToken }) };
  },
  BatchGetImage: (input, context) => {
    const { repositoryName: name, imageIds = [] } = input as unknown as ImageRequest;
    findRepository(store, name, context);
    const answers = imageIds.map((id) => ({ id, manifest: findManifest(store, name, id) }));
    return {
      images: answers.flatMap(({ id, manifest }) =>
        manifest
          ? [
              {
                registryId: context.accountId,
                repositoryName: name,
                imageId: { ...id, imageDigest: manifest.digest },
                imageManifest: manifest.bytes.toString('utf8'),
                imageManifestMediaType: manifest.mediaType,
              },
            ]
          : [],
      ),
      failures: answers.flatMap(({ id, manifest }) =>
        manifest ? [] : [{ imageId: id, failureCode: 'ImageNotFound', failureReason: 'Requested image not found' }],
      ),
    };
  },
  GetDownloadUrlForLayer: (input, context) => {
    const { repositoryName, layerDigest } = input as unknown as { repositoryName: string; layerDigest: string };
    findRepository(store, repositoryName, context);
    const bytes = store.blob(layerDigest);
    if (bytes === undefined) {
      throw new AwsFault('LayersNotFoundException', `The layer with digest '${layerDigest}' does not exist.`);
    }
    // ECR answers a link that needs no credentials; here the link is the content itself.
    return { downloadUrl: `data:application/octet-stream;base64,${bytes.toString('base64')}`, layerDigest };
  },
  BatchCheckLayerAvailability: (input, context) => {
    const request = input as unknown as { repositoryName: string; layerDigests: readonly string[] };
    findRepository(store, request.repositoryName, context);
    return {
      layers: request.layerDigests.map((layerDigest) => {
        const size = store.blob(layerDigest)?.length;
        return size === undefined
          ? { layerDigest, layerAvailability: 'UNAVAILABLE' }
          : { layerDigest, layerAvailability: 'AVAILABLE', layerSize: size };
      }),
      failures: [],
    };
  },
});
