import type { Deployment, Service, ServiceDeployment } from '@hospital-ops/aws/ecs/ports';
import type { Aim, Observation } from '../../actions/ecs-deploy/src/decide.ts';

const ARN = 'arn:aws:ecs:ap-south-1:123456789012:task-definition/';
export const OURS = `${ARN}api:2`;
export const PREVIOUS = `${ARN}api:1`;
export const THEIRS = `${ARN}api:7`;

export const AIM: Aim = { ours: OURS, previous: PREVIOUS, deploymentId: 'ecs-svc/2', maxFailedTasks: 3 };

export const deployment = (given: Partial<Deployment> = {}): Deployment => ({
  id: 'ecs-svc/2',
  status: 'PRIMARY',
  taskDefinition: OURS,
  desired: 2,
  running: 2,
  pending: 0,
  failedTasks: 0,
  rolloutState: 'IN_PROGRESS',
  rolloutReason: undefined,
  ...given,
});

/** The deployment of before. */
export const old = (given: Partial<Deployment> = {}): Deployment =>
  deployment({ id: 'ecs-svc/1', status: 'ACTIVE', taskDefinition: PREVIOUS, rolloutState: 'COMPLETED', ...given });

export const service = (deployments: readonly Deployment[], given: Partial<Service> = {}): Service => ({
  arn: 'arn:aws:ecs:ap-south-1:123456789012:service/c/api',
  name: 'api',
  status: 'ACTIVE',
  controller: 'ECS',
  strategy: 'ROLLING',
  rollsBackItself: false,
  taskDefinition: OURS,
  desired: 2,
  running: 2,
  pending: 0,
  deployments,
  events: [],
  serviceDeployment: undefined,
  network: undefined,
  launchType: 'FARGATE',
  platformVersion: undefined,
  capacityProviders: [],
  ...given,
});

export const serviceDeployment = (status: string, given: Partial<ServiceDeployment> = {}): ServiceDeployment => ({
  arn: 'arn:aws:ecs:ap-south-1:123456789012:service-deployment/c/api/x',
  status,
  statusReason: undefined,
  stage: undefined,
  targetRevision: undefined,
  rollbackReason: undefined,
  pausedHook: undefined,
  createdAt: 0,
  ...given,
});

export const observed = (seen: Service | undefined, given: Partial<Observation> = {}): Observation => ({
  service: seen,
  deployment: undefined,
  failedTasks: 0,
  steadyLooks: 0,
  failedLooks: 0,
  ...given,
});
