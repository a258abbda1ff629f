import { AwsFault } from '../service.ts';
import type { UpdateServiceRequest } from './client.ts';
import type { Service } from './state.ts';

/** What UpdateService takes for services that ECS does not deploy itself, and how it names what it refuses. */
const REFUSED: ReadonlyArray<readonly [keyof UpdateServiceRequest, string]> = [
  ['taskDefinition', 'Unable to update task definition'],
  ['forceNewDeployment', 'Cannot force a new deployment'],
  ['networkConfiguration', 'Unable to update network parameters'],
  ['loadBalancers', 'Unable to update load balancers'],
  ['platformVersion', 'Unable to update platform version'],
  ['serviceRegistries', 'Unable to update service registries'],
];

/**
 * Throws for an update that the service's deployment controller does not take. With CODE_DEPLOY only the desired count,
 * deployment configuration, grace period and the like can be updated, with EXTERNAL only the desired count and grace
 * period (API_UpdateService).
 */
export const checkControllerUpdate = (service: Service, request: UpdateServiceRequest): void => {
  const type = service.config.deploymentController?.type ?? 'ECS';
  if (request.deploymentController !== undefined && request.deploymentController.type !== type)
    throw new AwsFault(
      'NotImplementedByRehearsal',
      'The local AWS does not change the deployment controller of a service.',
    );
  if (type === 'ECS') return;
  for (const [key, what] of REFUSED) {
    const value = request[key];
    if (value === undefined || value === false) continue;
    const next = type === 'CODE_DEPLOY' ? ' Use AWS CodeDeploy to trigger a new deployment.' : '';
    throw new AwsFault('InvalidParameterException', `${what} on services with a ${type} deployment controller.${next}`);
  }
};
