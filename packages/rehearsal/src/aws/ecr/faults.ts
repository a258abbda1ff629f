import { AwsFault } from '../service.ts';

/** ECR's errors in ECR's words. */
export const ecrFaults = {
  noRepository: (name: string, account: string) =>
    new AwsFault(
      'RepositoryNotFoundException',
      `The repository with name '${name}' does not exist in the registry with id '${account}'`,
    ),
  repositoryExists: (name: string, account: string) =>
    new AwsFault(
      'RepositoryAlreadyExistsException',
      `The repository with name '${name}' already exists in the registry with id '${account}'`,
    ),
  noImage: (name: string, id: { imageDigest?: string; imageTag?: string }, account: string) =>
    new AwsFault(
      'ImageNotFoundException',
      `The image with imageId {imageDigest:'${id.imageDigest ?? 'null'}', imageTag:'${id.imageTag ?? 'null'}'} does not exist within the repository with name '${name}' in the registry with id '${account}'`,
    ),
  imageExists: (name: string, digest: string, tag: string, account: string) =>
    new AwsFault(
      'ImageAlreadyExistsException',
      `Image with digest '${digest}' and tag '${tag}' already exists in the repository with name '${name}' in registry with id '${account}'`,
    ),
  tagExists: (name: string, tag: string) =>
    new AwsFault(
      'ImageTagAlreadyExistsException',
      `The image tag '${tag}' already exists in the '${name}' repository and cannot be overwritten because the repository is immutable.`,
    ),
  invalid: (message: string) => new AwsFault('InvalidParameterException', message),
};
