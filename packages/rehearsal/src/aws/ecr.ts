import type { ImageStore } from '../registry/image-store.ts';
import type { RegistryTokens } from '../registry/tokens.ts';
import { imageOperations } from './ecr/images.ts';
import { repositoryOperations } from './ecr/repositories.ts';
import type { Scanner } from './ecr/scans.ts';
import { findsNothing, scanOperations } from './ecr/scans.ts';
import type { AwsService } from './service.ts';

export interface EcrOptions {
  readonly store: ImageStore;
  /** `127.0.0.1:PORT` of the registry over the same store. */
  readonly registryHost: string;
  readonly tokens: RegistryTokens;
  /** What scans find; nothing, where it is left out. */
  readonly scanner?: Scanner;
}

/**
 * Returns Amazon ECR over an image store that a registry shares: repositories, images, lifecycle policies and
 * authorization tokens. Nothing is scanned here: scans find what `scanner` says.
 */
export const createEcrService = ({ store, registryHost, tokens, scanner = findsNothing }: EcrOptions): AwsService => ({
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
    ...scanOperations(store, scanner),
  },
});
