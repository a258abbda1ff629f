import { nameOf } from '../ids.ts';
import { AwsFault } from '../service.ts';
import type { ListServiceDeploymentsRequest } from './client.ts';
import { hasEnded } from './deployments.ts';
import type { Play } from './play.ts';
import type { Scheduler } from './scheduler.ts';
import { serviceDeploymentAnswer } from './service-deployment-answer.ts';
import type { Service, ServiceDeployment, ServiceRevision } from './state.ts';
import type { EcsStore } from './store.ts';
import { page } from './task-definition-api.ts';

interface Found {
  readonly service: Service;
  readonly deployment: ServiceDeployment;
}

const MAX_DESCRIBED = 20;

export const serviceDeploymentApi = (store: EcsStore, scheduler: Scheduler, play: Play) => {
  const find = (arn: string): Found | undefined => {
    for (const service of store.services.values()) {
      const deployment = service.serviceDeployments.find((candidate) => candidate.arn === arn);
      if (deployment !== undefined) return { service, deployment };
    }
    return undefined;
  };

  const found = (arn: string): Found => {
    const hit = find(arn);
    if (hit !== undefined) return hit;
    throw new AwsFault('ServiceDeploymentNotFoundException', `Service deployment ${nameOf(arn)} not found.`);
  };

  /** What a caller sees of a deployment: nothing yet, or another status than the true one, where a play asks for it. */
  const seen = <T extends { status?: string | undefined; statusReason?: string | undefined }>(
    { service, deployment }: Found,
    answer: T,
  ): T => {
    const shown = deployment === service.serviceDeployments.at(-1) ? play.shownStatus(service) : undefined;
    if (shown === undefined) return answer;
    return {
      ...answer,
      status: shown.status,
      ...(shown.reason === undefined ? {} : { statusReason: shown.reason }),
    };
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
        .filter((deployment) => !play.hides(deployment))
        .filter(({ status }) => !request.status?.length || request.status.includes(status))
        .filter(({ createdAt }) => createdAt >= after && createdAt <= before)
        .map((deployment) => seen({ service, deployment }, brief({ service, deployment })))
        .reverse();
      return page(all, request.maxResults ?? 20, request.nextToken, 'serviceDeployments');
    },
    DescribeServiceDeployments: ({ serviceDeploymentArns }: { serviceDeploymentArns: string[] }) => {
      // "You can describe up to 20 service deployments" (API_DescribeServiceDeployments).
      if (serviceDeploymentArns.length === 0 || serviceDeploymentArns.length > MAX_DESCRIBED)
        throw new AwsFault('InvalidParameterException', 'Number of service deployments must be between 1 and 20.');
      const found = serviceDeploymentArns.map((arn) => {
        const hit = find(arn);
        return { arn, hit: hit === undefined || play.hides(hit.deployment) ? undefined : hit };
      });
      return {
        serviceDeployments: found.flatMap(({ hit }) =>
          hit === undefined
            ? []
            : [seen(hit, serviceDeploymentAnswer(hit.deployment, hit.service, store.tasksOf(hit.service)))],
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
      const { deployment, service } = found(serviceDeploymentArn);
      // ABORT is in the enum, but "The valid values are ROLLBACK" (API_StopServiceDeployment).
      if (stopType !== 'ROLLBACK')
        throw new AwsFault('InvalidParameterException', `The stopType ${stopType} is not supported.`);
      if (hasEnded(deployment))
        throw new AwsFault(
          'ConflictException',
          `The service deployment is in status ${deployment.status} and cannot be stopped.`,
        );
      // In these states the call changes nothing, the rollback goes on ("Stopping Amazon ECS service deployments").
      if (deployment.status === 'PENDING' || deployment.status === 'IN_PROGRESS')
        scheduler.rollBack(
          service,
          deployment,
          'Service deployment rolled back because of a StopServiceDeployment request.',
        );
      return { serviceDeploymentArn };
    },
    ContinueServiceDeployment: ({
      serviceDeploymentArn,
      hookId,
      action = 'CONTINUE',
    }: {
      serviceDeploymentArn: string;
      hookId: string;
      action?: string;
    }) => {
      const { deployment, service } = found(serviceDeploymentArn);
      const hook = deployment.hooks.find((candidate) => candidate.hookId === hookId);
      if (hook === undefined)
        throw new AwsFault('InvalidParameterException', `The hook ${hookId} does not exist in the service deployment.`);
      // "The pause hook must be in AWAITING_ACTION status", the deployment IN_PROGRESS ("Continuing service deployments");
      // the API reference has no ConflictException here, which it has for StopServiceDeployment.
      if (deployment.status !== 'IN_PROGRESS' || hook.status !== 'AWAITING_ACTION')
        throw new AwsFault(
          'InvalidParameterException',
          `The hook ${hookId} is in status ${hook.status}, the service deployment in ${deployment.status}.`,
        );
      // What status a hook shows that was answered with ROLLBACK has no source.
      hook.status = action === 'CONTINUE' ? 'SUCCEEDED' : 'FAILED';
      scheduler.touch(service);
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
