import type { ImageStore } from '../registry/image-store.ts';
import type { RegistryTokens } from '../registry/tokens.ts';
import { imageOperations } from './ecr/images.ts';
import { repositoryOperations } from './ecr/repositories.ts';
import type { AwsService } from './service.ts';

export interface EcrOptions {
  readonly store: ImageStore;
  /** `127.0.0.1:PORT` of the registry over the same store. */
  readonly registryHost: string;
  readonly tokens: RegistryTokens;
}

/**
 * Returns Amazon ECR over an image store that a registry shares: repositories, images, lifecycle policies and
 * authorization tokens. Scans find nothing, since nothing is scanned.
 */
export const createEcrService = ({ store, registryHost, tokens }: EcrOptions): AwsService => ({
  name: 'ecr',
  targetPrefix: 'AmazonEC2ContainerRegistry_V20150921',
  operations: {
    GetAuthorizationToken: (_input, { now }) => {
      const { password, expiresAt } = tokens.issue(now);
      return {
        authorizationData: [
          {
            authorizationToken: Buffer.from(`AWS:${password}`).toString('base64'),
            expiresAt: new Date(expiresAt),
            proxyEndpoint: `http://${registryHost}`,
          },
        ],
      };
    },
    ...repositoryOperations(store, registryHost),
    ...imageOperations(store),
  },
});
