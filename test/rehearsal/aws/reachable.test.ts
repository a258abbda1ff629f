import {
  DeploymentLifecycleHookStatus,
  DeploymentRolloutState,
  DeploymentStrategy,
  ServiceDeploymentLifecycleStage,
  ServiceDeploymentRollbackMonitorsStatus,
  ServiceDeploymentStatus,
} from '@aws-sdk/client-ecs';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { exits } from '../../../packages/rehearsal/src/aws/scripted-engine.ts';
import type { NativeWorld } from './native-world.ts';
import { createNativeWorld } from './native-world.ts';
import type { Loose } from './world.ts';

const FUNCTION = 'arn:aws:lambda:ap-south-1:123456789012:function:check';
const ROLE = 'arn:aws:iam::123456789012:role/hooks';
const GREEN = { strategy: 'BLUE_GREEN', bakeTimeInMinutes: 1 };
const breaker = (rollback: boolean) => ({ deploymentCircuitBreaker: { enable: true, rollback } });

const seen = {
  statuses: new Set<string>(),
  stages: new Set<string>(),
  rollouts: new Set<string>(),
  monitors: new Set<string>(),
  hooks: new Set<string>(),
  strategies: new Set<string>(),
};

const note = (service: Loose, deployment: Loose): void => {
  seen.statuses.add(deployment.status);
  if (deployment.lifecycleStage) seen.stages.add(deployment.lifecycleStage);
  for (const { rolloutState } of service.deployments) seen.rollouts.add(rolloutState);
  seen.monitors.add(deployment.deploymentCircuitBreaker.status);
  for (const { status } of deployment.lifecycleHookDetails ?? []) seen.hooks.add(status);
  seen.strategies.add(deployment.deploymentConfiguration.strategy ?? 'ROLLING');
};

/** Watches every step of a deployment over the wire's operations until it has ended. */
const follow = async (
  world: NativeWorld,
  image: string,
  deploymentConfiguration: Record<string, unknown>,
  act: (world: NativeWorld, deployment: Loose) => Promise<void> = async () => undefined,
): Promise<void> => {
  await world.update(image, { deploymentConfiguration });
  for (let step = 0; step < 20_000; step += 1) {
    const deployment = await world.deployment();
    note(await world.service(), deployment);
    if (/SUCCESSFUL|STOPPED|ROLLBACK_FAILED/.test(deployment.status)) return;
    await act(world, deployment);
    await world.clock.advance(5);
  }
  throw new Error('the deployment never ended');
};

const stopAt = (stage: string) => {
  let done = false;
  return async (world: NativeWorld, { lifecycleStage, serviceDeploymentArn }: Loose): Promise<void> => {
    if (done || lifecycleStage !== stage) return;
    done = true;
    await world.ecs('StopServiceDeployment', { serviceDeploymentArn });
  };
};

beforeAll(async () => {
  const inWorld = async (run: (world: NativeWorld) => Promise<void>): Promise<void> => {
    const world = await createNativeWorld(GREEN, { crash: exits(1) });
    try {
      await run(world);
    } finally {
      await world.close();
    }
  };
  await inWorld(async (world) => {
    await follow(world, 'v2', GREEN);
    await follow(world, 'v3', {
      strategy: 'LINEAR',
      linearConfiguration: { stepPercent: 50, stepBakeTimeInMinutes: 1 },
    });
    await follow(world, 'v4', {
      strategy: 'CANARY',
      canaryConfiguration: { canaryPercent: 1, canaryBakeTimeInMinutes: 1 },
    });
    await follow(world, 'v5', { strategy: 'ROLLING', ...breaker(true) });
    await follow(world, 'crash', { strategy: 'ROLLING', ...breaker(true) });
    await follow(world, 'crash', { strategy: 'ROLLING', ...breaker(false) });
  });
  await inWorld(async (world) => {
    await follow(world, 'v2', GREEN, stopAt('BAKE_TIME'));
    world.aws.ecs.play.failRollback('api');
    await follow(world, 'v3', GREEN, stopAt('SCALE_UP'));
  });
  await inWorld(async (world) => {
    // A newer one in the middle of it: RECONCILE_SERVICE.
    await world.update('v2');
    await world.until(({ lifecycleStage }) => lifecycleStage === 'SCALE_UP');
    await follow(world, 'v3', GREEN);
    const answers = ['IN_PROGRESS', 'FAILED'] as const;
    let asked = 0;
    world.aws.ecs.play.answerHook(FUNCTION, () => answers[Math.min(1, asked++)] ?? 'FAILED');
    const lambda = { hookTargetArn: FUNCTION, roleArn: ROLE, lifecycleStages: ['POST_SCALE_UP'] };
    await follow(world, 'v4', { ...GREEN, lifecycleHooks: [lambda] });
    const timeoutConfiguration = { timeoutInMinutes: 1, action: 'CONTINUE' };
    const pause = { targetType: 'PAUSE', lifecycleStages: ['PRE_SCALE_UP'], timeoutConfiguration };
    await follow(world, 'v5', { ...GREEN, lifecycleHooks: [pause] });
    world.aws.ecs.play.answerHook(FUNCTION, 'SUCCEEDED');
    await follow(world, 'v6', { ...GREEN, lifecycleHooks: [lambda] });
  });
});

describe('every value that the SDK knows can be seen here', () => {
  test.each([
    ['status of a service deployment', ServiceDeploymentStatus, seen.statuses],
    ['lifecycle stage', ServiceDeploymentLifecycleStage, seen.stages],
    ['rollout state', DeploymentRolloutState, seen.rollouts],
    ['status of the circuit breaker', ServiceDeploymentRollbackMonitorsStatus, seen.monitors],
    ['status of a lifecycle hook', DeploymentLifecycleHookStatus, seen.hooks],
    ['strategy', DeploymentStrategy, seen.strategies],
  ])('%s', (_what, values, reached) => {
    expect(Object.values(values).filter((value) => !reached.has(value))).toEqual([]);
  });
});
