import {
  CreateRepositoryCommand,
  DescribeRepositoriesCommand,
  ECRClient,
  GetAuthorizationTokenCommand,
  PutImageCommand,
} from '@aws-sdk/client-ecr';
import { AwsError } from '@hospital-ops/action-kit/errors';
import type { ClientContext } from '../client-options.ts';
import { clientOptions } from '../client-options.ts';
import { toAwsError } from '../errors.ts';
import { parseAuthorization, parseEcrHost, parseRepository } from './parse.ts';
import type { Ecr, EcrRepository } from './ports.ts';

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
    createRepository: async (name) => {
      const resource = `repository "${name}"`;
      try {
        const answer = await call('CreateRepository', resource, () =>
          client.send(
            new CreateRepositoryCommand({
              ...registryId,
              repositoryName: name,
              imageTagMutability: 'IMMUTABLE',
              imageScanningConfiguration: { scanOnPush: true },
            }),
          ),
        );
        const created = parseRepository(answer.repository);
        if (created === undefined) throw empty('CreateRepository', resource);
        return created;
      } catch (error) {
        // Another job made it in the meantime, or the answer to our own first try was lost.
        const there = hasCode(error, 'RepositoryAlreadyExistsException') ? await repository(name) : undefined;
        if (there === undefined) throw error;
        return there;
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
