import type { ImageStore, RepositoryOptions, StoredRepository } from '../../registry/image-store.ts';
import type { AwsService, CallContext } from '../service.ts';
import { AwsFault } from '../service.ts';
import { ecrFaults } from './faults.ts';
import { page } from './page.ts';

interface Named {
  readonly repositoryName: string;
}

interface CreateRepository extends Named {
  readonly imageTagMutability?: RepositoryOptions['imageTagMutability'];
  readonly imageTagMutabilityExclusionFilters?: readonly { readonly filterType: string; readonly filter: string }[];
  readonly imageScanningConfiguration?: { readonly scanOnPush?: boolean };
  readonly encryptionConfiguration?: Readonly<Record<string, unknown>>;
  readonly tags?: RepositoryOptions['tags'];
}

interface DescribeRepositories {
  readonly repositoryNames?: readonly string[];
  readonly nextToken?: string;
  readonly maxResults?: number;
}

/** Naming rules of CreateRepository (ECR API reference, repositoryName). */
const validName = /^(?:[a-z0-9]+(?:[._-][a-z0-9]+)*\/)*[a-z0-9]+(?:[._-][a-z0-9]+)*$/;

/** Returns the repository, or throws RepositoryNotFoundException. */
export const findRepository = (store: ImageStore, name: string, { accountId }: CallContext): StoredRepository => {
  const repository = store.repository(name);
  if (!repository) throw ecrFaults.noRepository(name, accountId);
  return repository;
};

const optionsOf = (input: CreateRepository): Partial<RepositoryOptions> => {
  const filters = input.imageTagMutabilityExclusionFilters ?? [];
  const mutability = input.imageTagMutability ?? 'MUTABLE';
  if (filters.length > 0 !== mutability.endsWith('_WITH_EXCLUSION')) {
    throw ecrFaults.invalid(
      `Invalid parameter at 'imageTagMutabilityExclusionFilters' failed to satisfy constraint: 'exclusion filters belong to a mutability WITH_EXCLUSION, and only there'`,
    );
  }
  return {
    imageTagMutability: mutability,
    exclusionFilters: filters.map(({ filter }) => filter),
    scanOnPush: input.imageScanningConfiguration?.scanOnPush ?? false,
    encryption: input.encryptionConfiguration ?? { encryptionType: 'AES256' },
    tags: input.tags ?? [],
  };
};

/** Repository operations. `host` is the registry's, the first part of repositoryUri. */
export const repositoryOperations = (store: ImageStore, host: string): AwsService['operations'] => {
  const arn = (name: string, { region, accountId }: CallContext) =>
    `arn:aws:ecr:${region}:${accountId}:repository/${name}`;
  const describe = ({ name, createdAt, options }: StoredRepository, context: CallContext) => ({
    repositoryArn: arn(name, context),
    registryId: context.accountId,
    repositoryName: name,
    repositoryUri: `${host}/${name}`,
    createdAt: new Date(createdAt),
    imageTagMutability: options.imageTagMutability,
    ...(options.exclusionFilters.length > 0 && {
      imageTagMutabilityExclusionFilters: options.exclusionFilters.map((filter) => ({
        filterType: 'WILDCARD',
        filter,
      })),
    }),
    imageScanningConfiguration: { scanOnPush: options.scanOnPush },
    encryptionConfiguration: options.encryption,
  });

  return {
    CreateRepository: (input, context) => {
      const request = input as unknown as CreateRepository;
      const name = request.repositoryName;
      if (!validName.test(name) || name.length < 2 || name.length > 256) {
        throw ecrFaults.invalid(
          `Invalid parameter at 'repositoryName' failed to satisfy constraint: 'must satisfy regular expression '${validName.source}''`,
        );
      }
      const created = store.createRepository(name, optionsOf(request));
      if (!created) throw ecrFaults.repositoryExists(name, context.accountId);
      return { repository: describe(created, context) };
    },
    DescribeRepositories: (input, context) => {
      const { repositoryNames, ...paging } = input as DescribeRepositories;
      if (repositoryNames) {
        return { repositories: repositoryNames.map((name) => describe(findRepository(store, name, context), context)) };
      }
      const { items, nextToken } = page(store.repositories(), paging, 100);
      return {
        repositories: items.map((repository) => describe(repository, context)),
        ...(nextToken && { nextToken }),
      };
    },
    PutLifecyclePolicy: (input, context) => {
      const { repositoryName, lifecyclePolicyText } = input as unknown as Named & { lifecyclePolicyText: string };
      const repository = findRepository(store, repositoryName, context);
      try {
        JSON.parse(lifecyclePolicyText);
      } catch {
        throw ecrFaults.invalid(
          "Invalid parameter at 'LifecyclePolicyText' failed to satisfy constraint: 'Lifecycle policy validation failure: it is not JSON'",
        );
      }
      repository.lifecyclePolicy = lifecyclePolicyText;
      return { registryId: context.accountId, repositoryName, lifecyclePolicyText };
    },
    GetLifecyclePolicy: (input, context) => {
      const { repositoryName } = input as unknown as Named;
      const { lifecyclePolicy } = findRepository(store, repositoryName, context);
      if (lifecyclePolicy === undefined) {
        throw new AwsFault(
          'LifecyclePolicyNotFoundException',
          `Lifecycle policy does not exist for the repository with name '${repositoryName}' in the registry with id '${context.accountId}'`,
        );
      }
      return { registryId: context.accountId, repositoryName, lifecyclePolicyText: lifecyclePolicy };
    },
  };
};
