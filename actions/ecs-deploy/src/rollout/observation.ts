import type { Service, ServiceDeployment } from '@hospital-ops/aws/ecs/ports';
import type { GateVerdict } from '../gate/gate.ts';

/** What a rollout is to lead to, and what was there before. Task definitions are ARNs. */
export interface Aim {
  readonly ours: string;
  readonly previous: string;
  /** Id of our deployment in DescribeServices. */
  readonly deploymentId: string | undefined;
  readonly maxFailedTasks: number;
  /** True when ECS deploys it by blue/green, linear or canary. */
  readonly native: boolean;
  /** True when only settings or the desired count were changed, for which ECS makes no deployment. */
  readonly settingsOnly: boolean;
  /** The lifecycle stage at which the wait may end. */
  readonly stage: string | undefined;
  /** The hook that this run has continued: ECS may show it as waiting for a moment longer. */
  readonly continuedHook: string | undefined;
}

/**
 * How far the service deployment is in sight. `looking`: it may still appear (what ECS tells is eventually consistent).
 * `none`: it may not be read, or never appeared, so that DescribeServices alone decides.
 */
export type Sight = 'known' | 'looking' | 'none';

/** One look at a service. */
export interface Observation {
  /** Undefined when the answer did not hold the service. */
  readonly service: Service | undefined;
  /** Our service deployment, where it is known and may be read. */
  readonly deployment: ServiceDeployment | undefined;
  readonly sight: Sight;
  /** Failed tasks of our revision that were seen stopped. */
  readonly failedTasks: number;
  /** Looks in a row, this one included, of which each is true. */
  readonly looks: {
    /** The service is steady on our revision. */
    readonly steady: number;
    /** Our deployment has failed. */
    readonly failed: number;
    /** The answer did not hold the service. */
    readonly missing: number;
    /** The PRIMARY deployment runs something else. */
    readonly other: number;
    /** No look so far has shown a deployment of our revision; 0 once one has. */
    readonly unseen: number;
    /** ECS calls our deployment complete, and not all of its tasks run. */
    readonly short: number;
  };
  /** What the gate says; undefined where there is none, or nothing to watch yet. */
  readonly gate: GateVerdict | undefined;
  /** Milliseconds for which a completed deployment is still to be watched. */
  readonly bakeLeftMs: number;
  /** Milliseconds for which a gate that has not spoken is waited for after that. */
  readonly gateLeftMs: number;
}

export const NO_LOOKS: Observation['looks'] = { steady: 0, failed: 0, missing: 0, other: 0, unseen: 0, short: 0 };

export type Verdict =
  | { readonly kind: 'continue' }
  | { readonly kind: 'completed'; readonly warning: string | undefined }
  /** The stage that was asked for is reached. */
  | { readonly kind: 'started' }
  /** ECS has begun to roll back, or has done so: whether the old revision serves is for the roll-back to see. */
  | { readonly kind: 'rolled-back'; readonly reason: string }
  | { readonly kind: 'rollback-failed'; readonly reason: string }
  | { readonly kind: 'superseded'; readonly by: string; readonly reason: string }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'paused'; readonly reason: string }
  /** The service cannot be seen any more. */
  | { readonly kind: 'lost'; readonly reason: string };

export const CONTINUE = { kind: 'continue' } as const;

/** One empty answer may be a fault of the moment; as many in a row mean that the service is out of sight. */
export const MISSING_LOOKS = 3;
/** A look without rolloutState (Classic Load Balancer) counts as an end only when the next one agrees. */
export const STEADY_LOOKS = 2;
/** A service that rolls back itself shows FAILED a moment before its roll-back appears. */
export const FAILED_LOOKS = 5;
/** DescribeServices may still show the state of before for a moment after a service deployment has ended. */
export const OTHER_LOOKS = 5;
/** … and for longer while it names our revision as the one to run, but no deployment of it. */
export const BEGIN_LOOKS = 30;
/** A complete deployment may lack tasks, because it scales or one is replaced: so many looks long that is waited for. */
export const SHORT_LOOKS = 10;
