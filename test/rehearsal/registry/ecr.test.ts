import {
  BatchCheckLayerAvailabilityCommand,
  BatchGetImageCommand,
  CreateRepositoryCommand,
  DescribeImageScanFindingsCommand,
  DescribeImagesCommand,
  DescribeRepositoriesCommand,
  ECRClient,
  GetAuthorizationTokenCommand,
  GetLifecyclePolicyCommand,
  ListImagesCommand,
  PutImageCommand,
  PutLifecyclePolicyCommand,
} from '@aws-sdk/client-ecr';
import { createEcrService } from '@hospital-ops/rehearsal/aws/ecr';
import type { LocalAws } from '@hospital-ops/rehearsal/aws/local-aws';
import { startLocalAws } from '@hospital-ops/rehearsal/aws/local-aws';
import type { ImageStore } from '@hospital-ops/rehearsal/registry/image-store';
import { createImageStore } from '@hospital-ops/rehearsal/registry/image-store';
import type { Registry } from '@hospital-ops/rehearsal/registry/registry-server';
import { startRegistry } from '@hospital-ops/rehearsal/registry/registry-server';
import { createRegistryTokens } from '@hospital-ops/rehearsal/registry/tokens';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

let aws: LocalAws;
let registry: Registry;
let store: ImageStore;
let ecr: ECRClient;
const tokens = createRegistryTokens();
const noTasks = { start: () => Promise.reject(new Error('no tasks here')), close: async () => {} };

beforeAll(async () => {
  store = createImageStore();
  registry = await startRegistry({
    store,
    credentials: (user, password) => tokens.accepts(user, password, Date.now()),
  });
  aws = await startLocalAws({
    engine: noTasks,
    region: 'ap-south-1',
    services: [createEcrService({ store, registryHost: registry.host, tokens })],
  });
  const credentials = { accessKeyId: 'ASIAEXAMPLE', secretAccessKey: 'x', sessionToken: 'y' };
  ecr = new ECRClient({ region: 'ap-south-1', endpoint: aws.url, credentials, maxAttempts: 1 });
});
afterAll(async () => {
  ecr?.destroy();
  await aws?.close();
  await registry?.close();
});

/** Puts an image straight into the store, as a push does. */
const push = (repository: string, text: string, tag?: string) => {
  const digest = store.putBlob(Buffer.from(text));
  const manifest = {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest, size: text.length },
    layers: [{ digest, size: text.length }],
  };
  return store.putManifest(repository, Buffer.from(JSON.stringify(manifest)), manifest.mediaType, tag).digest;
};

describe('ECR, asked by the AWS SDK', () => {
  test('the token opens the registry that it names', async () => {
    const { authorizationData } = await ecr.send(new GetAuthorizationTokenCommand({}));
    const [data] = authorizationData ?? [];
    expect(data?.proxyEndpoint).toBe(`http://${registry.host}`);
    const hours = ((data?.expiresAt?.getTime() ?? 0) - Date.now()) / 3_600_000;
    expect(Math.round(hours)).toBe(12);
    const ask = (token: string) =>
      fetch(`${data?.proxyEndpoint}/v2/`, { headers: { authorization: `Basic ${token}` } });
    expect((await ask(data?.authorizationToken ?? '')).status).toBe(200);
    expect((await ask(Buffer.from('AWS:guessed').toString('base64'))).status).toBe(401);
  });

  test('a repository keeps what it was created with', async () => {
    const { repository } = await ecr.send(
      new CreateRepositoryCommand({
        repositoryName: 'hospital-ops-api',
        imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION',
        imageTagMutabilityExclusionFilters: [{ filterType: 'WILDCARD', filter: 'latest*' }],
        imageScanningConfiguration: { scanOnPush: true },
        encryptionConfiguration: { encryptionType: 'KMS', kmsKey: 'alias/images' },
      }),
    );
    expect(repository?.repositoryUri).toBe(`${registry.host}/hospital-ops-api`);
    const described = await ecr.send(new DescribeRepositoriesCommand({ repositoryNames: ['hospital-ops-api'] }));
    expect(described.repositories?.[0]).toMatchObject({
      repositoryArn: 'arn:aws:ecr:ap-south-1:123456789012:repository/hospital-ops-api',
      imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION',
      imageTagMutabilityExclusionFilters: [{ filterType: 'WILDCARD', filter: 'latest*' }],
      imageScanningConfiguration: { scanOnPush: true },
      encryptionConfiguration: { encryptionType: 'KMS', kmsKey: 'alias/images' },
    });
  });

  test('an image gets a second tag under the same digest: promotion without a build', async () => {
    const digest = push('hospital-ops-api', 'one', 'abc');
    const got = await ecr.send(
      new BatchGetImageCommand({ repositoryName: 'hospital-ops-api', imageIds: [{ imageTag: 'abc' }] }),
    );
    const imageManifest = got.images?.[0]?.imageManifest ?? '';
    const put = await ecr.send(
      new PutImageCommand({ repositoryName: 'hospital-ops-api', imageManifest, imageTag: 'v1' }),
    );
    expect(put.image?.imageId).toEqual({ imageDigest: digest, imageTag: 'v1' });
    expect(store.tags('hospital-ops-api').get('v1')).toBe(digest);
    const { imageDetails } = await ecr.send(new DescribeImagesCommand({ repositoryName: 'hospital-ops-api' }));
    expect(imageDetails?.map(({ imageTags }) => imageTags)).toEqual([['abc', 'v1']]);
    const again = ecr.send(new PutImageCommand({ repositoryName: 'hospital-ops-api', imageManifest, imageTag: 'v1' }));
    await expect(again).rejects.toMatchObject({ name: 'ImageAlreadyExistsException' });
  });

  test('an immutable tag is not moved, an excluded one is', async () => {
    const other = push('hospital-ops-api', 'two');
    const imageManifest = store.manifest('hospital-ops-api', other)?.bytes.toString() ?? '';
    const put = (imageTag: string) =>
      ecr.send(new PutImageCommand({ repositoryName: 'hospital-ops-api', imageManifest, imageTag }));
    await expect(put('v1')).rejects.toMatchObject({ name: 'ImageTagAlreadyExistsException' });
    push('hospital-ops-api', 'one', 'latest');
    await put('latest');
    expect(store.tags('hospital-ops-api').get('latest')).toBe(other);
    const { imageIds } = await ecr.send(new ListImagesCommand({ repositoryName: 'hospital-ops-api' }));
    expect(imageIds).toHaveLength(3);
  });

  test('what is absent is said to be absent', async () => {
    const repositoryName = 'hospital-ops-api';
    const { failures } = await ecr.send(new BatchGetImageCommand({ repositoryName, imageIds: [{ imageTag: 'none' }] }));
    expect(failures?.[0]?.failureCode).toBe('ImageNotFound');
    const none = [{ imageTag: 'none' }];
    await expect(ecr.send(new DescribeImagesCommand({ repositoryName, imageIds: none }))).rejects.toMatchObject({
      name: 'ImageNotFoundException',
    });
    await expect(ecr.send(new DescribeRepositoriesCommand({ repositoryNames: ['none'] }))).rejects.toMatchObject({
      name: 'RepositoryNotFoundException',
      message: "The repository with name 'none' does not exist in the registry with id '123456789012'",
    });
    const layerDigest = `sha256:${'0'.repeat(64)}`;
    const { layers } = await ecr.send(
      new BatchCheckLayerAvailabilityCommand({ repositoryName, layerDigests: [layerDigest] }),
    );
    expect(layers).toEqual([{ layerDigest, layerAvailability: 'UNAVAILABLE' }]);
    await expect(ecr.send(new CreateRepositoryCommand({ repositoryName }))).rejects.toMatchObject({
      name: 'RepositoryAlreadyExistsException',
    });
  });

  test('a lifecycle policy is kept, an image is scanned only where that was asked for', async () => {
    const repositoryName = 'hospital-ops-api';
    await expect(ecr.send(new GetLifecyclePolicyCommand({ repositoryName }))).rejects.toMatchObject({
      name: 'LifecyclePolicyNotFoundException',
    });
    const lifecyclePolicyText = '{"rules":[]}';
    await ecr.send(new PutLifecyclePolicyCommand({ repositoryName, lifecyclePolicyText }));
    expect((await ecr.send(new GetLifecyclePolicyCommand({ repositoryName }))).lifecyclePolicyText).toBe(
      lifecyclePolicyText,
    );
    const scanned = await ecr.send(
      new DescribeImageScanFindingsCommand({ repositoryName, imageId: { imageTag: 'v1' } }),
    );
    expect(scanned.imageScanStatus?.status).toBe('COMPLETE');
    store.createRepository('unscanned');
    push('unscanned', 'x', '1');
    await expect(
      ecr.send(new DescribeImageScanFindingsCommand({ repositoryName: 'unscanned', imageId: { imageTag: '1' } })),
    ).rejects.toMatchObject({ name: 'ScanNotFoundException' });
  });

  test('long lists come in pages', async () => {
    const names: string[] = [];
    let nextToken: string | undefined;
    do {
      const page = await ecr.send(new DescribeRepositoriesCommand({ maxResults: 1, ...(nextToken && { nextToken }) }));
      names.push(...(page.repositories ?? []).map(({ repositoryName }) => repositoryName ?? ''));
      nextToken = page.nextToken;
    } while (nextToken);
    expect(names).toEqual(['hospital-ops-api', 'unscanned']);
  });
});
