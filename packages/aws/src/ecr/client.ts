import {
  BatchGetImageCommand,
  CreateRepositoryCommand,
  DescribeImageScanFindingsCommand,
  DescribeRepositoriesCommand,
  ECRClient,
  GetAuthorizationTokenCommand,
  GetDownloadUrlForLayerCommand,
  GetLifecyclePolicyCommand,
  PutImageCommand,
  PutLifecyclePolicyCommand,
  StartImageScanCommand,
} from '@aws-sdk/client-ecr';
import { AwsError } from '@hospital-ops/action-kit/errors';
import type { ClientContext } from '../client-options.ts';
import { clientOptions } from '../client-options.ts';
import { toAwsError } from '../errors.ts';
import { perRegion } from '../per-region.ts';
import { parseAuthorization, parseConfigPlatform, parseEcrHost, parseManifestPlatforms } from './parse.ts';
import type { Ecr, EcrRepository, ImageAddress, Images, RepositorySettings } from './ports.ts';
import { parseRepository } from './repository.ts';
import type { ScanPage } from './scan.ts';
import { parseScan } from './scan.ts';

const empty = (operation: string, resource: string): AwsError =>
  new AwsError({
    what: `ecr:${operation} gave an empty answer for ${resource}.`,
    next: 'run this again; if it stays, check what answers at the configured endpoint.',
    operation: `ecr:${operation}`,
    code: 'EmptyAnswer',
  });

const call = async <T>(operation: string, resource: string, send: () => Promise<T>): Promise<T> => {
  try {
    return await send();
  } catch (error) {
    throw toAwsError(`ecr:${operation}`, resource, error);
  }
};

const hasCode = (error: unknown, ...codes: readonly string[]): boolean =>
  error instanceof AwsError && codes.includes(error.code);

/** The most pages of findings that are read, of 1,000 each. */
const MAX_PAGES = 50;

/**
 * Returns ECR over the AWS SDK. `registry` (host) names another account or region than those of the credentials; region,
 * endpoint and credentials come from the default chain otherwise.
 */
export const createEcr = (context: ClientContext, registry?: string): Ecr => {
  const host = registry === undefined ? undefined : parseEcrHost(registry);
  const client = new ECRClient({ ...clientOptions(context), ...(host ? { region: host.region } : {}) });
  const registryId = host ? { registryId: host.accountId } : {};

  const repository = async (name: string): Promise<EcrRepository | undefined> => {
    try {
      const answer = await call('DescribeRepositories', `repository "${name}"`, () =>
        client.send(new DescribeRepositoriesCommand({ ...registryId, repositoryNames: [name] })),
      );
      const found = parseRepository(answer.repositories?.[0]);
      if (found === undefined) throw empty('DescribeRepositories', `repository "${name}"`);
      return found;
    } catch (error) {
      if (hasCode(error, 'RepositoryNotFoundException')) return undefined;
      throw error;
    }
  };

  const create = async (name: string, settings: RepositorySettings): Promise<EcrRepository> => {
    const resource = `repository "${name}"`;
    const { movingTags, kmsKey } = settings;
    const input = {
      ...registryId,
      repositoryName: name,
      imageScanningConfiguration: { scanOnPush: true },
      ...(kmsKey === undefined ? {} : { encryptionConfiguration: { encryptionType: 'KMS', kmsKey } as const }),
    };
    const filters = movingTags.map((filter) => ({ filterType: 'WILDCARD', filter }) as const);
    const withExclusion = {
      imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION',
      imageTagMutabilityExclusionFilters: filters,
    } as const;
    const send = (mutability: typeof withExclusion | { readonly imageTagMutability: 'IMMUTABLE' }) =>
      call('CreateRepository', resource, () => client.send(new CreateRepositoryCommand({ ...input, ...mutability })));
    const answer = await send(withExclusion).catch((error: unknown) => {
      // A partition or a proxy of older days: every tag is immutable there then.
      if (!hasCode(error, 'InvalidParameterException', 'ValidationException')) throw error;
      return send({ imageTagMutability: 'IMMUTABLE' });
    });
    const created = parseRepository(answer.repository);
    if (created === undefined) throw empty('CreateRepository', resource);
    return created;
  };

  return {
    authorization: async () => {
      const answer = await call('GetAuthorizationToken', 'the registry', () =>
        client.send(new GetAuthorizationTokenCommand({})),
      );
      const authorization = parseAuthorization(answer.authorizationData);
      if (authorization === undefined) throw empty('GetAuthorizationToken', 'the registry');
      return authorization;
    },
    repository,
    createRepository: async (name, settings) => {
      const resource = `repository "${name}"`;
      try {
        const created = await create(name, settings);
        const { lifecyclePolicy } = settings;
        if (lifecyclePolicy === undefined) return created;
        const input = { ...registryId, repositoryName: name, lifecyclePolicyText: lifecyclePolicy };
        await call('PutLifecyclePolicy', resource, () => client.send(new PutLifecyclePolicyCommand(input)));
        return created;
      } catch (error) {
        // Another job made it in the meantime, or the answer to our own first try was lost.
        const there = hasCode(error, 'RepositoryAlreadyExistsException') ? await repository(name) : undefined;
        if (there === undefined) throw error;
        return there;
      }
    },
    lifecyclePolicy: async (name) => {
      try {
        const answer = await call('GetLifecyclePolicy', `repository "${name}"`, () =>
          client.send(new GetLifecyclePolicyCommand({ ...registryId, repositoryName: name })),
        );
        return answer.lifecyclePolicyText;
      } catch (error) {
        if (hasCode(error, 'LifecyclePolicyNotFoundException')) return undefined;
        throw error;
      }
    },
    scan: async (name, digest) => {
      const input = { ...registryId, repositoryName: name, imageId: { imageDigest: digest }, maxResults: 1_000 };
      const pages: ScanPage[] = [];
      let nextToken: string | undefined;
      try {
        do {
          const more = nextToken === undefined ? {} : { nextToken };
          const page = await call('DescribeImageScanFindings', `image ${name}@${digest}`, () =>
            client.send(new DescribeImageScanFindingsCommand({ ...input, ...more })),
          );
          pages.push(page as ScanPage);
          nextToken = page.nextToken;
        } while (nextToken !== undefined && pages.length < MAX_PAGES);
      } catch (error) {
        if (!hasCode(error, 'ScanNotFoundException')) throw error;
        return { status: 'absent', description: '', findings: undefined, completedAt: undefined, isEnhanced: false };
      }
      // What has more pages than are read may hold what is worst on the next.
      return nextToken === undefined ? parseScan(pages) : { ...parseScan(pages), findings: undefined };
    },
    startScan: async (name, digest) => {
      const input = { ...registryId, repositoryName: name, imageId: { imageDigest: digest } };
      try {
        await call('StartImageScan', `image ${name}@${digest}`, () => client.send(new StartImageScanCommand(input)));
      } catch (error) {
        // Scanned today already, an image that cannot be, or Inspector scans by itself: the findings will tell.
        if (!hasCode(error, 'LimitExceededException', 'ValidationException', 'UnsupportedImageTypeException'))
          throw error;
      }
    },
    putTag: async (name, tag, manifest) => {
      try {
        await call('PutImage', `tag "${tag}" of repository "${name}"`, () =>
          client.send(
            new PutImageCommand({
              ...registryId,
              repositoryName: name,
              imageTag: tag,
              imageManifest: manifest.bytes.toString('utf8'),
              imageManifestMediaType: manifest.mediaType,
              imageDigest: manifest.digest,
            }),
          ),
        );
        return 'tagged';
      } catch (error) {
        if (hasCode(error, 'ImageAlreadyExistsException')) return 'present';
        if (hasCode(error, 'ImageTagAlreadyExistsException')) return 'taken';
        throw error;
      }
    },
  };
};

/** Types of manifests that ECS pulls; without them ECR answers in Docker's oldest format (API_BatchGetImage). */
const MANIFEST_TYPES = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
];
/** Failure codes that say for certain that there is no such image (API_ImageFailure). */
const NO_IMAGE = new Set(['ImageNotFound', 'ImageTagDoesNotMatchDigest', 'InvalidImageDigest', 'InvalidImageTag']);
const DOWNLOAD_MS = 10_000;

/** Returns looks at images of any private ECR registry over the AWS SDK; they can be done without. */
export const createImages = (context: ClientContext): Images => {
  const clientIn = perRegion((region) => new ECRClient({ ...clientOptions(context, 'brief'), ...region }));
  const clientOf = ({ host, repository }: ImageAddress) => {
    const registry = parseEcrHost(host);
    return {
      client: clientIn(registry?.region),
      where: { ...(registry && { registryId: registry.accountId }), repositoryName: repository },
    };
  };
  return {
    find: async (image) => {
      const { client, where } = clientOf(image);
      const { repository, tag, digest } = image;
      try {
        const { images, failures } = await call('BatchGetImage', `repository "${repository}"`, () =>
          client.send(
            new BatchGetImageCommand({
              ...where,
              imageIds: [{ ...(tag !== undefined && { imageTag: tag }), ...(digest && { imageDigest: digest }) }],
              acceptedMediaTypes: MANIFEST_TYPES,
            }),
          ),
        );
        const manifest = images?.[0]?.imageManifest;
        if (manifest !== undefined) return { kind: 'found', ...parseManifestPlatforms(manifest) };
        const { failureCode = '', failureReason = '' } = failures?.[0] ?? {};
        if (NO_IMAGE.has(failureCode)) return { kind: 'no-image' };
        return { kind: 'unclear', reason: [failureCode, failureReason].filter(Boolean).join(': ') };
      } catch (error) {
        if (hasCode(error, 'RepositoryNotFoundException')) return { kind: 'no-repository' };
        throw error;
      }
    },
    platformOf: async (image, config) => {
      const { client, where } = clientOf(image);
      const { downloadUrl } = await call('GetDownloadUrlForLayer', `repository "${image.repository}"`, () =>
        client.send(new GetDownloadUrlForLayerCommand({ ...where, layerDigest: config })),
      );
      if (downloadUrl === undefined) return undefined;
      const answer = await fetch(downloadUrl, { signal: AbortSignal.timeout(DOWNLOAD_MS) }).catch(() => undefined);
      return answer?.ok ? parseConfigPlatform(await answer.text()) : undefined;
    },
  };
};
