import { randomBytes } from 'node:crypto';
import type { AppSpec, Revision } from './app-spec.ts';
import type { Routing } from './configs.ts';

/** What the local CodeDeploy knows; member names as the API has them where they are given back as they came. */
export interface Application {
  readonly id: string;
  readonly name: string;
  readonly createdAt: number;
}

/** API_TargetGroupPairInfo. */
export interface TargetGroupPair {
  readonly targetGroups?: ReadonlyArray<{ readonly name?: string }>;
  readonly prodTrafficRoute?: { readonly listenerArns?: readonly string[] };
  readonly testTrafficRoute?: { readonly listenerArns?: readonly string[] };
}

export interface GroupConfig {
  readonly deploymentConfigName?: string;
  readonly serviceRoleArn?: string;
  readonly alarmConfiguration?: {
    readonly enabled?: boolean;
    readonly ignorePollAlarmFailure?: boolean;
    readonly alarms?: ReadonlyArray<{ readonly name?: string }>;
  };
  readonly autoRollbackConfiguration?: { readonly enabled?: boolean; readonly events?: readonly string[] };
  readonly deploymentStyle?: { readonly deploymentType?: string; readonly deploymentOption?: string };
  readonly blueGreenDeploymentConfiguration?: {
    readonly terminateBlueInstancesOnDeploymentSuccess?: {
      readonly action?: string;
      readonly terminationWaitTimeInMinutes?: number;
    };
    readonly deploymentReadyOption?: { readonly actionOnTimeout?: string; readonly waitTimeInMinutes?: number };
  };
  readonly loadBalancerInfo?: { readonly targetGroupPairInfoList?: readonly TargetGroupPair[] };
  readonly ecsServices?: ReadonlyArray<{ readonly serviceName?: string; readonly clusterName?: string }>;
  readonly triggerConfigurations?: readonly unknown[];
}

export interface Group {
  readonly id: string;
  readonly application: string;
  readonly name: string;
  config: GroupConfig;
  readonly deployments: Deployment[];
}

export type DeploymentStatus = 'Created' | 'Queued' | 'InProgress' | 'Ready' | 'Succeeded' | 'Failed' | 'Stopped';

export interface LifecycleEvent {
  readonly name: string;
  status: 'Pending' | 'InProgress' | 'Succeeded' | 'Failed' | 'Skipped';
  startedAt?: number;
  endedAt?: number;
}

/** A task set as it was last seen: it is told of even when it is gone. */
export interface SeenTaskSet {
  readonly id: string;
  readonly label: 'Blue' | 'Green';
  readonly targetGroup: string | undefined;
  desired: number;
  pending: number;
  running: number;
  status: string;
  weight: number;
}

export interface Deployment {
  readonly id: string;
  readonly group: Group;
  readonly revision: Revision | undefined;
  readonly previous: Revision | undefined;
  readonly spec: AppSpec;
  readonly routing: Routing;
  readonly configName: string;
  readonly description: string | undefined;
  readonly creator: 'user' | 'codeDeployRollback';
  readonly autoRollback: GroupConfig['autoRollbackConfiguration'];
  readonly alarms: GroupConfig['alarmConfiguration'];
  readonly createdAt: number;
  status: DeploymentStatus;
  startedAt?: number;
  completedAt?: number;
  error?: { readonly code: string; readonly message: string };
  rollback: { rollbackDeploymentId?: string; rollbackTriggeringDeploymentId?: string; rollbackMessage?: string };
  readonly events: LifecycleEvent[];
  readonly taskSets: SeenTaskSet[];
  /** Since when the original task set waits for its end. */
  terminationWait: boolean;
  /** What ContinueDeployment said. */
  readonly told: Set<'READY_WAIT' | 'TERMINATION_WAIT'>;
  /** Somebody asked to stop it. */
  stop?: { readonly rollBack: boolean };
}

export const hasEnded = ({ status }: Deployment): boolean => ['Succeeded', 'Failed', 'Stopped'].includes(status);

/** `d-` and nine letters or digits. */
export const deploymentId = (): string =>
  `d-${[...randomBytes(9)].map((byte) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'[byte % 36]).join('')}`;

export const createState = () => ({
  applications: new Map<string, Application>(),
  groups: [] as Group[],
  deployments: new Map<string, Deployment>(),
  configs: new Map<string, Routing>(),
});

export type CodeDeployState = ReturnType<typeof createState>;
