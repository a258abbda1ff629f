import type { EcrRepository } from './ports.ts';

interface RepositoryData {
  readonly repositoryName?: string | undefined;
  readonly imageTagMutability?: string | undefined;
  readonly imageTagMutabilityExclusionFilters?:
    | ReadonlyArray<{ readonly filterType?: string | undefined; readonly filter?: string | undefined }>
    | undefined;
  readonly imageScanningConfiguration?: { readonly scanOnPush?: boolean | undefined } | undefined;
  readonly encryptionConfiguration?:
    | { readonly encryptionType?: string | undefined; readonly kmsKey?: string | undefined }
    | undefined;
}

/** `*` is the only wildcard of a filter (API_ImageTagMutabilityExclusionFilter). */
const matches = (filter: string, tag: string): boolean =>
  new RegExp(`^${filter.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`).test(tag);

const ruleOf = (data: RepositoryData): EcrRepository['mayMove'] => {
  const filters = data.imageTagMutabilityExclusionFilters ?? [];
  const isKnown = filters.every(({ filterType, filter }) => filterType === 'WILDCARD' && filter !== undefined);
  const isExcluded = (tag: string) => filters.some(({ filter = '' }) => matches(filter, tag));
  switch (data.imageTagMutability ?? 'MUTABLE') {
    case 'MUTABLE':
      return () => true;
    case 'IMMUTABLE':
      return () => false;
    case 'IMMUTABLE_WITH_EXCLUSION':
      return (tag) => (isKnown ? isExcluded(tag) : undefined);
    case 'MUTABLE_WITH_EXCLUSION':
      return (tag) => (isKnown ? !isExcluded(tag) : undefined);
    default:
      return () => undefined;
  }
};

/** Returns a repository, or undefined when the answer holds none. Rules that this code does not know conclude nothing. */
export const parseRepository = (data: RepositoryData | undefined): EcrRepository | undefined => {
  if (data?.repositoryName === undefined) return undefined;
  const { encryptionType, kmsKey } = data.encryptionConfiguration ?? {};
  return {
    name: data.repositoryName,
    mayMove: ruleOf(data),
    scanOnPush: data.imageScanningConfiguration?.scanOnPush === true,
    kmsKey: encryptionType === undefined || encryptionType === 'AES256' ? undefined : (kmsKey ?? encryptionType),
  };
};
