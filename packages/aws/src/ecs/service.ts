import type { Deployment, Service } from './ports.ts';

/** Returns the deployment that the service is moving to, or undefined when the answer names none or several. */
export const primaryOf = (service: Service): Deployment | undefined => {
  const primaries = service.deployments.filter(({ status }) => status === 'PRIMARY');
  return primaries.length === 1 ? primaries[0] : undefined;
};

/** True when nothing but this deployment is there and it has all of its tasks. */
export const isSteady = (service: Service, deployment: Deployment): boolean =>
  service.deployments.length === 1 && deployment.running === deployment.desired && deployment.pending === 0;
