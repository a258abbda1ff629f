import { AwsFault } from '../service.ts';
import type { LoadBalancer } from './client.ts';
import type { ServiceConfig, TaskDefinition } from './state.ts';
import { checkHooks, checkStrategy } from './strategy-rules.ts';

/** What the rules ask of the load balancers. */
export interface Balancers {
  /** True when the target group exists and a listener or rule forwards to it; undefined when it does not exist. */
  isAttached(targetGroupArn: string): boolean | undefined;
  /** True for the ARN of a listener rule, or of a listener. */
  isRule(arn: string): boolean;
}

const refuse = (message: string): never => {
  throw new AwsFault('InvalidParameterException', message);
};

const checkPlace = ({ containerName, containerPort }: LoadBalancer, definition: TaskDefinition): void => {
  const container = definition.request.containerDefinitions?.find(({ name }) => name === containerName);
  if (container === undefined) refuse(`The container ${containerName} does not exist in the task definition.`);
  if (!container?.portMappings?.some((mapping) => mapping.containerPort === containerPort))
    refuse(`The container ${containerName} did not have a container port ${containerPort} defined.`);
};

const checkTargetGroup = (targetGroupArn: string, balancers: Balancers): void => {
  const attached = balancers.isAttached(targetGroupArn);
  if (attached === undefined) refuse(`The specified target group does not exist: ${targetGroupArn}.`);
  if (attached === false)
    refuse(`The target group with targetGroupArn ${targetGroupArn} does not have an associated load balancer.`);
};

/** "Application Load Balancer resources for blue/green deployments"; the wording of the refusals has no source. */
const checkAdvanced = ({ advancedConfiguration }: LoadBalancer, native: boolean, balancers: Balancers): void => {
  const { alternateTargetGroupArn, productionListenerRule, testListenerRule, roleArn } = advancedConfiguration ?? {};
  if (native)
    for (const [name, value] of Object.entries({ alternateTargetGroupArn, productionListenerRule, roleArn }))
      if (value === undefined) refuse(`advancedConfiguration.${name} is required for this deployment strategy.`);
  if (alternateTargetGroupArn !== undefined && balancers.isAttached(alternateTargetGroupArn) === undefined)
    refuse(`The specified target group does not exist: ${alternateTargetGroupArn}.`);
  for (const rule of [productionListenerRule, testListenerRule])
    if (rule !== undefined && !balancers.isRule(rule)) refuse(`The specified listener rule does not exist: ${rule}.`);
};

const checkController = (config: ServiceConfig): void => {
  const type = config.deploymentController?.type ?? 'ECS';
  const configuration = config.deploymentConfiguration;
  // "Only the ECS deployment controller" has strategies, circuit breaker and alarms (API_DeploymentConfiguration).
  if (type === 'ECS') return;
  if (configuration?.deploymentCircuitBreaker?.enable || configuration?.alarms?.enable)
    refuse(`Deployment failure detection is not supported with the ${type} deployment controller.`);
  if ((configuration?.strategy ?? 'ROLLING') !== 'ROLLING')
    refuse(`Deployment strategy ${configuration?.strategy} is not supported with the ${type} deployment controller.`);
  if (type === 'CODE_DEPLOY' && !config.loadBalancers?.length)
    refuse('A load balancer is required for services with a CODE_DEPLOY deployment controller.');
  if (config.schedulingStrategy === 'DAEMON')
    refuse(`The DAEMON scheduling strategy is not supported with the ${type} deployment controller.`);
};

/** Throws for a service configuration that ECS refuses with this task definition (API_CreateService). */
export const checkServiceConfig = (
  config: ServiceConfig,
  definition: TaskDefinition | undefined,
  balancers: Balancers,
): void => {
  const awsvpc = definition?.request.networkMode === 'awsvpc';
  if (awsvpc && config.networkConfiguration?.awsvpcConfiguration === undefined)
    refuse("Network Configuration must be provided when networkMode 'awsvpc' is specified.");
  const native = (config.deploymentConfiguration?.strategy ?? 'ROLLING') !== 'ROLLING';
  for (const loadBalancer of config.loadBalancers ?? []) {
    if (definition !== undefined) checkPlace(loadBalancer, definition);
    checkTargetGroup(loadBalancer.targetGroupArn ?? '', balancers);
    checkAdvanced(loadBalancer, native, balancers);
  }
  if (config.healthCheckGracePeriodSeconds !== undefined && !config.loadBalancers?.length)
    refuse('Health check grace period is only valid for services configured to use load balancers');
  // "Fargate tasks do not support the DAEMON scheduling strategy" (ecs_service-options).
  if (config.schedulingStrategy === 'DAEMON' && config.launchType === 'FARGATE')
    refuse('The daemon scheduling strategy is not supported with the FARGATE launch type.');
  checkController(config);
  checkStrategy(config);
  checkHooks(config.deploymentConfiguration);
};
