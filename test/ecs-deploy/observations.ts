import type { Deployment, HookState, Service, ServiceDeployment } from '@hospital-ops/aws/ecs/ports';
import type { Aim, Observation } from '../../actions/ecs-deploy/src/rollout/observation.ts';
import { NO_LOOKS } from '../../actions/ecs-deploy/src/rollout/observation.ts';

const ARN = 'arn:aws:ecs:ap-south-1:123456789012:task-definition/';
export const OURS = `${ARN}api:2`;
export const PREVIOUS = `${ARN}api:1`;
export const THEIRS = `${ARN}api:7`;

export const AIM: Aim = {
  ours: OURS,
  previous: PREVIOUS,
  deploymentId: 'ecs-svc/2',
  maxFailedTasks: 3,
  native: false,
  settingsOnly: false,
  stage: undefined,
  continuedHook: undefined,
};

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
  scheduling: 'REPLICA',
  rollsBackItself: false,
  deploymentAlarms: [],
  taskDefinition: OURS,
  desired: 2,
  running: 2,
  pending: 0,
  deployments,
  events: [],
  serviceDeployment: undefined,
  loadBalancers: [],
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
  target: undefined,
  sourceRevisions: [],
  rollbackReason: undefined,
  hooks: [],
  breaker: undefined,
  alarms: undefined,
  createdAt: 0,
  ...given,
});

export type Given = Partial<Omit<Observation, 'looks'>> & { readonly looks?: Partial<Observation['looks']> };

/** A lifecycle hook of a service deployment. */
export const hook = (id: string, status: string, given: Partial<HookState> = {}): HookState => ({
  id,
  type: 'PAUSE',
  status,
  expiresAt: undefined,
  onTimeout: undefined,
  ...given,
});

export const observed = (seen: Service | undefined, given: Given = {}): Observation => ({
  service: seen,
  deployment: undefined,
  sight: given.deployment === undefined ? 'none' : 'known',
  failedTasks: 0,
  gate: undefined,
  bakeLeftMs: 0,
  gateLeftMs: 0,
  ...given,
  looks: { ...NO_LOOKS, ...given.looks },
});
