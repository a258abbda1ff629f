import { lazyPort } from '@hospital-ops/action-kit/lazy';
import type { Log } from '@hospital-ops/action-kit/log';
import { createAwsClock } from '@hospital-ops/aws/aws-clock';
import type { ClientContext } from '@hospital-ops/aws/client-options';
import type { Deps } from './deps.ts';

/** Returns what deploying needs, over AWS. Only the ECS client is loaded at once; the others when they are asked. */
export const connectDeploy = async (given: ClientContext, log: Log): Promise<Deps> => {
  const awsClock = createAwsClock(given.clock);
  const context = { ...given, awsClock };
  const { createEcs } = await import('@hospital-ops/aws/ecs/client');
  return {
    ecs: createEcs(context),
    logs: lazyPort(async () => (await import('@hospital-ops/aws/logs/client')).createLogs(context)),
    cloudWatch: lazyPort(async () => (await import('@hospital-ops/aws/cloudwatch/client')).createCloudWatch(context)),
    loadBalancing: lazyPort(async () => (await import('@hospital-ops/aws/elbv2/client')).createLoadBalancing(context)),
    iam: lazyPort(async () => (await import('@hospital-ops/aws/iam/client')).createIam(context)),
    images: lazyPort(async () => (await import('@hospital-ops/aws/ecr/client')).createImages(context)),
    secretStore: lazyPort(async () =>
      (await import('@hospital-ops/aws/secrets-manager/client')).createSecretStore(context),
    ),
    parameters: lazyPort(async () => (await import('@hospital-ops/aws/ssm/client')).createParameters(context)),
    codeDeploy: lazyPort(async () => (await import('@hospital-ops/aws/codedeploy/client')).createCodeDeploy(context)),
    clock: context.clock,
    awsClock,
    log,
    signal: context.signal,
  };
};
