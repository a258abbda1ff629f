import type { NetworkConfiguration, RunTaskRequest } from './ports.ts';

const networkInput = ({ subnets, securityGroups, assignPublicIp }: NetworkConfiguration) => ({
  awsvpcConfiguration: {
    subnets: [...subnets],
    ...(securityGroups.length > 0 && { securityGroups: [...securityGroups] }),
    assignPublicIp: assignPublicIp ? ('ENABLED' as const) : ('DISABLED' as const),
  },
});

/** Returns the request of RunTask for one task. A capacity provider strategy and a launch type exclude each other. */
export const runTaskInput = (request: RunTaskRequest) => {
  const { command, environment, container } = request.overrides;
  const override = {
    name: container,
    ...(command !== undefined && { command: [...command] }),
    ...(environment.length > 0 && { environment: environment.map(([name, value]) => ({ name, value })) }),
  };
  return {
    cluster: request.cluster,
    taskDefinition: request.taskDefinition,
    count: 1,
    clientToken: request.clientToken,
    startedBy: request.startedBy,
    ...(request.network !== undefined && { networkConfiguration: networkInput(request.network) }),
    ...(request.capacityProviders.length > 0
      ? { capacityProviderStrategy: request.capacityProviders.map((item) => ({ ...item })) }
      : request.launchType !== undefined && { launchType: request.launchType }),
    ...(request.platformVersion !== undefined && { platformVersion: request.platformVersion }),
    ...(Object.keys(override).length > 1 && { overrides: { containerOverrides: [override] } }),
  };
};
