import { AwsFault } from '../service.ts';
import type { ServiceConfig, TaskDefinition } from './state.ts';

const refuse = (message: string, code = 'InvalidParameterException'): never => {
  throw new AwsFault(code, message);
};

const checkStrategy = ({ deploymentConfiguration, deploymentController, schedulingStrategy }: ServiceConfig): void => {
  const strategy = deploymentConfiguration?.strategy ?? 'ROLLING';
  const type = deploymentController?.type ?? 'ECS';
  if (
    strategy !== 'ROLLING' ||
    type !== 'ECS' ||
    schedulingStrategy === 'DAEMON' ||
    deploymentConfiguration?.alarms?.enable
  )
    refuse(
      'The local AWS has the rolling update of REPLICA services with the ECS deployment controller and without alarms, nothing else yet.',
      'NotImplementedByRehearsal',
    );
  const { minimumHealthyPercent = 100, maximumPercent = 200 } = deploymentConfiguration ?? {};
  if (minimumHealthyPercent >= 100 && maximumPercent <= 100)
    refuse('Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments.');
  if (maximumPercent < minimumHealthyPercent) refuse('maximumPercent must not be below minimumHealthyPercent.');
};

/** Throws for a service configuration that ECS refuses with this task definition (API_CreateService). */
export const checkServiceConfig = (
  config: ServiceConfig,
  definition: TaskDefinition,
  isAttached: (targetGroupArn: string) => boolean | undefined,
): void => {
  const awsvpc = definition.request.networkMode === 'awsvpc';
  if (awsvpc && config.networkConfiguration?.awsvpcConfiguration === undefined)
    refuse("Network Configuration must be provided when networkMode 'awsvpc' is specified.");
  for (const { targetGroupArn = '', containerName, containerPort } of config.loadBalancers ?? []) {
    const container = definition.request.containerDefinitions?.find(({ name }) => name === containerName);
    if (container === undefined) refuse(`The container ${containerName} does not exist in the task definition.`);
    if (!container?.portMappings?.some((mapping) => mapping.containerPort === containerPort))
      refuse(`The container ${containerName} did not have a container port ${containerPort} defined.`);
    const attached = isAttached(targetGroupArn);
    if (attached === undefined) refuse(`The specified target group does not exist: ${targetGroupArn}.`);
    if (attached === false)
      refuse(`The target group with targetGroupArn ${targetGroupArn} does not have an associated load balancer.`);
  }
  if (config.healthCheckGracePeriodSeconds !== undefined && !config.loadBalancers?.length)
    refuse('Health check grace period is only valid for services configured to use load balancers');
  checkStrategy(config);
};
