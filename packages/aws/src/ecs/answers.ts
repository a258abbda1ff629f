/*
 * What is read of the API's answers. The SDK's own types fit these, so that parsing needs no SDK. Every member may be
 * missing, as the SDK says.
 */
type Maybe<T> = { readonly [K in keyof T]?: T[K] | undefined };

export type DeploymentAnswer = Maybe<{
  id: string;
  status: string;
  taskDefinition: string;
  desiredCount: number;
  runningCount: number;
  pendingCount: number;
  failedTasks: number;
  rolloutState: string;
  rolloutStateReason: string;
}>;

export type DeploymentConfigurationAnswer = Maybe<{
  strategy: string;
  deploymentCircuitBreaker: Maybe<{ enable: boolean; rollback: boolean }>;
  alarms: Maybe<{ enable: boolean; rollback: boolean; alarmNames: readonly string[] }>;
}>;

export type TaskSetAnswer = Maybe<{
  id: string;
  status: string;
  taskDefinition: string;
  computedDesiredCount: number;
  runningCount: number;
  pendingCount: number;
}>;

export type RevisionAnswer = Maybe<{
  arn: string;
  requestedTaskCount: number;
  runningTaskCount: number;
  pendingTaskCount: number;
  requestedProductionTrafficWeight: number;
  requestedTestTrafficWeight: number;
}>;

export type HookAnswer = Maybe<{
  hookId: string;
  targetType: string;
  status: string;
  expiresAt: Date;
  timeoutAction: string;
}>;

export type ServiceAnswer = Maybe<{
  serviceArn: string;
  serviceName: string;
  status: string;
  taskDefinition: string;
  desiredCount: number;
  runningCount: number;
  pendingCount: number;
  schedulingStrategy: string;
  taskSets: readonly TaskSetAnswer[];
  deploymentController: Maybe<{ type: string }>;
  deploymentConfiguration: DeploymentConfigurationAnswer;
  deployments: readonly DeploymentAnswer[];
  events: ReadonlyArray<Maybe<{ id: string; createdAt: Date; message: string }>>;
  currentServiceDeployment: string;
  loadBalancers: ReadonlyArray<Maybe<{ targetGroupArn: string; containerName: string; containerPort: number }>>;
  networkConfiguration: Maybe<{
    awsvpcConfiguration: Maybe<{
      subnets: readonly string[];
      securityGroups: readonly string[];
      assignPublicIp: string;
    }>;
  }>;
  launchType: string;
  platformVersion: string;
  capacityProviderStrategy: ReadonlyArray<Maybe<{ capacityProvider: string; weight: number; base: number }>>;
}>;

export type ServiceDeploymentAnswer = Maybe<{
  serviceDeploymentArn: string;
  status: string;
  statusReason: string;
  lifecycleStage: string;
  createdAt: Date;
  targetServiceRevision: RevisionAnswer;
  sourceServiceRevisions: readonly RevisionAnswer[];
  rollback: Maybe<{ reason: string }>;
  lifecycleHookDetails: readonly HookAnswer[];
  deploymentCircuitBreaker: Maybe<{ status: string; failureCount: number; threshold: number }>;
  alarms: Maybe<{ status: string; triggeredAlarmNames: readonly string[] }>;
}>;

export type TaskAnswer = Maybe<{
  taskArn: string;
  taskDefinitionArn: string;
  lastStatus: string;
  desiredStatus: string;
  startedBy: string;
  group: string;
  stopCode: string;
  stoppedReason: string;
  stoppedAt: Date;
  startedAt: Date;
  pullStoppedAt: Date;
  containers: ReadonlyArray<
    Maybe<{ name: string; image: string; lastStatus: string; exitCode: number; reason: string }>
  >;
}>;

export type FailureAnswer = Maybe<{ arn: string; reason: string; detail: string }>;
