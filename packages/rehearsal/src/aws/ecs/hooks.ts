import { randomBytes } from 'node:crypto';
import type { DeploymentConfiguration, DeploymentLifecycleHook, DeploymentLifecycleHookStage } from './client.ts';

/** A hook of one stage of one service deployment, as lifecycleHookDetails shows it. */
export interface HookState {
  readonly hookId: string;
  readonly targetType: 'AWS_LAMBDA' | 'PAUSE';
  readonly targetArn: string | undefined;
  readonly stage: DeploymentLifecycleHookStage;
  status: 'AWAITING_ACTION' | 'IN_PROGRESS' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT';
  readonly expiresAt: number;
  readonly timeoutAction: 'CONTINUE' | 'ROLLBACK';
  /** When a Lambda function that said IN_PROGRESS is asked again. */
  askAt: number;
}

/** What a hook's Lambda function returns as `hookStatus`. */
export type HookAnswer = 'SUCCEEDED' | 'FAILED' | 'IN_PROGRESS';

/** What a hook's Lambda function is told (the part that scripts need of the lifecycle payload). */
export interface HookCall {
  readonly functionArn: string;
  readonly stage: DeploymentLifecycleHookStage;
  readonly service: string;
  readonly targetServiceRevisionArn: string;
}

export type HookVerdict =
  | { readonly kind: 'done' }
  /** `at` is when something is due. */
  | { readonly kind: 'wait'; readonly at: number }
  | { readonly kind: 'failed'; readonly reason: string };

/** 24 hours (API_DeploymentLifecycleHookTimeoutConfiguration). */
const DEFAULT_TIMEOUT_MINUTES = 1440;

const begin = (
  hook: DeploymentLifecycleHook,
  stage: DeploymentLifecycleHookStage,
  now: number,
  minuteMs: number,
): HookState => {
  const targetType = hook.targetType ?? 'AWS_LAMBDA';
  const { timeoutInMinutes = DEFAULT_TIMEOUT_MINUTES, action = 'ROLLBACK' } = hook.timeoutConfiguration ?? {};
  const id = randomBytes(32).toString('base64url');
  return {
    // "Pause hooks for Amazon ECS service deployments" shows such ids; those of Lambda hooks have no source.
    hookId: `${targetType === 'PAUSE' ? 'ecs-pause' : 'ecs-lambda'}-${id}`,
    targetType,
    targetArn: hook.hookTargetArn,
    stage,
    status: targetType === 'PAUSE' ? 'AWAITING_ACTION' : 'IN_PROGRESS',
    expiresAt: now + timeoutInMinutes * minuteMs,
    timeoutAction: action,
    askAt: now,
  };
};

/** Returns the hooks that a stage begins with, none when none is configured for it. */
export const beginHooks = (
  configuration: DeploymentConfiguration | undefined,
  stage: DeploymentLifecycleHookStage | undefined,
  now: number,
  minuteMs: number,
): HookState[] =>
  stage === undefined
    ? []
    : (configuration?.lifecycleHooks ?? [])
        .filter(({ lifecycleStages }) => lifecycleStages?.includes(stage))
        .map((hook) => begin(hook, stage, now, minuteMs));

const look = (hook: HookState, ask: (hook: HookState) => HookAnswer, now: number, retryMs: number): void => {
  if (hook.status === 'IN_PROGRESS' && now >= hook.askAt) {
    hook.status = ask(hook);
    // "By default, the delay is 30 seconds" (Lifecycle hooks for Amazon ECS service deployments).
    hook.askAt = now + retryMs;
  }
  const open = hook.status === 'IN_PROGRESS' || hook.status === 'AWAITING_ACTION';
  if (open && now >= hook.expiresAt) hook.status = 'TIMED_OUT';
};

/** Lets Lambda functions answer and hooks expire, and returns whether the deployment may go on. */
export const advanceHooks = (
  hooks: readonly HookState[],
  ask: (hook: HookState) => HookAnswer,
  now: number,
  retryMs: number,
): HookVerdict => {
  for (const hook of hooks) look(hook, ask, now, retryMs);
  const failed = hooks.find(
    ({ status, timeoutAction }) => status === 'FAILED' || (status === 'TIMED_OUT' && timeoutAction === 'ROLLBACK'),
  );
  if (failed !== undefined) {
    const what = failed.targetType === 'PAUSE' ? `pause hook ${failed.hookId}` : `hook ${failed.targetArn}`;
    const how = failed.status === 'TIMED_OUT' ? 'timed out' : 'failed';
    return { kind: 'failed', reason: `the ${what} at ${failed.stage} ${how}` };
  }
  const due = hooks.flatMap((hook) => {
    if (hook.status === 'AWAITING_ACTION') return [hook.expiresAt];
    return hook.status === 'IN_PROGRESS' ? [Math.min(hook.askAt, hook.expiresAt)] : [];
  });
  return due.length === 0 ? { kind: 'done' } : { kind: 'wait', at: Math.min(...due) };
};
