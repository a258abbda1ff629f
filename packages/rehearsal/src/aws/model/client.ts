/** The SDK's packages that carry the models of the services, by the name of the service here. */
const PACKAGES: Readonly<Record<string, string>> = {
  ecs: '@aws-sdk/client-ecs',
  ecr: '@aws-sdk/client-ecr',
  cloudwatch: '@aws-sdk/client-cloudwatch',
  codedeploy: '@aws-sdk/client-codedeploy',
  dynamodb: '@aws-sdk/client-dynamodb',
  iam: '@aws-sdk/client-iam',
  logs: '@aws-sdk/client-cloudwatch-logs',
  ssm: '@aws-sdk/client-ssm',
  secretsmanager: '@aws-sdk/client-secrets-manager',
  sts: '@aws-sdk/client-sts',
  elasticloadbalancing: '@aws-sdk/client-elastic-load-balancing-v2',
};

/** Returns the SDK's exported schemas of a service by name (`CreateService$`), or undefined where no SDK is installed. */
export const loadSchemas = async (service: string): Promise<ReadonlyMap<string, unknown> | undefined> => {
  const name = PACKAGES[service];
  if (name === undefined) return undefined;
  const module: unknown = await import(name);
  if (typeof module !== 'object' || module === null) return undefined;
  return new Map(Object.entries(module).filter(([key]) => key.endsWith('$')));
};
