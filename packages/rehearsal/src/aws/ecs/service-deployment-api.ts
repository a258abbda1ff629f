import { nameOf } from '../ids.ts';
import { AwsFault } from '../service.ts';
import { serviceDeploymentAnswer } from './answers.ts';
import type { ListServiceDeploymentsRequest } from './client.ts';
import { hasEnded } from './deployments.ts';
import type { Scheduler } from './scheduler.ts';
import type { Service, ServiceDeployment, ServiceRevision } from './state.ts';
import type { EcsStore } from './store.ts';
import { page } from './task-definition-api.ts';

interface Found {
  readonly service: Service;
  readonly deployment: ServiceDeployment;
}

const MAX_DESCRIBED = 20;

export const serviceDeploymentApi = (store: EcsStore, scheduler: Scheduler) => {
  const find = (arn: string): Found | undefined => {
    for (const service of store.services.values()) {
      const deployment = service.serviceDeployments.find((candidate) => candidate.arn === arn);
      if (deployment !== undefined) return { service, deployment };
    }
    return undefined;
  };

  const revisions = (): Array<{ service: Service; revision: ServiceRevision }> =>
    [...store.services.values()].flatMap((service) =>
      service.serviceDeployments.map(({ target }) => ({ service, revision: target })),
    );

  const brief = ({ service, deployment }: Found) => ({
    serviceDeploymentArn: deployment.arn,
    serviceArn: service.arn,
    clusterArn: service.cluster.arn,
    createdAt: new Date(deployment.createdAt),
    ...(deployment.startedAt === undefined ? {} : { startedAt: new Date(deployment.startedAt) }),
    ...(deployment.finishedAt === undefined ? {} : { finishedAt: new Date(deployment.finishedAt) }),
    targetServiceRevisionArn: deployment.target.arn,
    status: deployment.status,
    ...(deployment.statusReason === undefined ? {} : { statusReason: deployment.statusReason }),
  });

  return {
    ListServiceDeployments: (request: ListServiceDeploymentsRequest) => {
      const service = store.service(store.cluster(request.cluster), request.service ?? '');
      const after = request.createdAt?.after?.getTime() ?? Number.NEGATIVE_INFINITY;
      const before = request.createdAt?.before?.getTime() ?? Number.POSITIVE_INFINITY;
      const all = service.serviceDeployments
        .filter(({ status }) => !request.status?.length || request.status.includes(status))
        .filter(({ createdAt }) => createdAt >= after && createdAt <= before)
        .map((deployment) => brief({ service, deployment }))
        .reverse();
      return page(all, request.maxResults ?? 20, request.nextToken, 'serviceDeployments');
    },
    DescribeServiceDeployments: ({ serviceDeploymentArns }: { serviceDeploymentArns: string[] }) => {
      // "You can describe up to 20 service deployments" (API_DescribeServiceDeployments).
      if (serviceDeploymentArns.length === 0 || serviceDeploymentArns.length > MAX_DESCRIBED)
        throw new AwsFault('InvalidParameterException', 'Number of service deployments must be between 1 and 20.');
      const found = serviceDeploymentArns.map((arn) => ({ arn, hit: find(arn) }));
      return {
        serviceDeployments: found.flatMap(({ hit }) =>
          hit === undefined ? [] : [serviceDeploymentAnswer(hit.deployment, hit.service, store.tasksOf(hit.service))],
        ),
        failures: found.filter(({ hit }) => hit === undefined).map(({ arn }) => ({ arn, reason: 'MISSING' })),
      };
    },
    DescribeServiceRevisions: ({ serviceRevisionArns }: { serviceRevisionArns: string[] }) => {
      const all = revisions();
      const found = serviceRevisionArns.map((arn) => ({ arn, hit: all.find(({ revision }) => revision.arn === arn) }));
      return {
        serviceRevisions: found.flatMap(({ hit }) =>
          hit === undefined ? [] : [revisionAnswer(hit.service, hit.revision)],
        ),
        failures: found.filter(({ hit }) => hit === undefined).map(({ arn }) => ({ arn, reason: 'MISSING' })),
      };
    },
    StopServiceDeployment: ({
      serviceDeploymentArn,
      stopType = 'ROLLBACK',
    }: {
      serviceDeploymentArn: string;
      stopType?: string;
    }) => {
      const hit = find(serviceDeploymentArn);
      if (hit === undefined)
        throw new AwsFault(
          'ServiceDeploymentNotFoundException',
          `Service deployment ${nameOf(serviceDeploymentArn)} not found.`,
        );
      if (stopType !== 'ROLLBACK')
        throw new AwsFault(
          'NotImplementedByRehearsal',
          'The local AWS has stopType ROLLBACK, the only one that the API reference describes.',
        );
      const { deployment, service } = hit;
      if (hasEnded(deployment))
        throw new AwsFault(
          'ConflictException',
          `The service deployment is in status ${deployment.status} and cannot be stopped.`,
        );
      // In these states the call changes nothing, the rollback goes on ("Stopping Amazon ECS service deployments").
      if (deployment.status === 'PENDING' || deployment.status === 'IN_PROGRESS')
        scheduler.rollBack(service, deployment);
      return { serviceDeploymentArn };
    },
  };
};

const revisionAnswer = (service: Service, { arn, config, taskDefinition, createdAt }: ServiceRevision) => ({
  serviceRevisionArn: arn,
  serviceArn: service.arn,
  clusterArn: service.cluster.arn,
  taskDefinition: taskDefinition.arn,
  createdAt: new Date(createdAt),
  launchType: config.launchType,
  capacityProviderStrategy: config.capacityProviderStrategy,
  platformVersion: config.platformVersion,
  loadBalancers: config.loadBalancers ?? [],
  serviceRegistries: config.serviceRegistries ?? [],
  networkConfiguration: config.networkConfiguration,
  containerImages: (taskDefinition.request.containerDefinitions ?? []).map(({ name, image = '' }) => {
    const digest = /@(sha256:[0-9a-f]{64})$/.exec(image)?.[1];
    return { containerName: name, image, ...(digest === undefined ? {} : { imageDigest: digest }) };
  }),
  guardDutyEnabled: false,
  serviceConnectConfiguration: config.serviceConnectConfiguration,
  volumeConfigurations: config.volumeConfigurations,
  vpcLatticeConfigurations: config.vpcLatticeConfigurations,
  gatewayConnectors: config.gatewayConnectors,
  monitoring: config.monitoring,
});
