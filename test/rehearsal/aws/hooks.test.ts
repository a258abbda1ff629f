import { afterEach, describe, expect, test } from '@jest/globals';
import type { HookScript } from '../../../packages/rehearsal/src/aws/ecs/play.ts';
import type { NativeWorld } from './native-world.ts';
import { createNativeWorld } from './native-world.ts';
import type { Loose } from './world.ts';

const FUNCTION = 'arn:aws:lambda:ap-south-1:123456789012:function:check';
const ROLE = 'arn:aws:iam::123456789012:role/hooks';

let world: NativeWorld;
afterEach(() => world.close());

const begin = async (lifecycleHooks: readonly Loose[]): Promise<void> => {
  world = await createNativeWorld({ strategy: 'BLUE_GREEN', bakeTimeInMinutes: 0 });
  const deploymentConfiguration = { strategy: 'BLUE_GREEN', bakeTimeInMinutes: 0, lifecycleHooks };
  await world.update('v2', { deploymentConfiguration });
};

const lambda = (...lifecycleStages: string[]) => ({ hookTargetArn: FUNCTION, roleArn: ROLE, lifecycleStages });
const pause = (stage: string, timeoutConfiguration?: Loose) => ({
  targetType: 'PAUSE',
  lifecycleStages: [stage],
  ...(timeoutConfiguration ? { timeoutConfiguration } : {}),
});

const paused = async (): Promise<{ hookId: string; deployment: Loose }> => {
  const deployment = await world.until(({ lifecycleHookDetails = [] }) =>
    lifecycleHookDetails.some(({ status }: Loose) => status === 'AWAITING_ACTION'),
  );
  return { hookId: deployment.lifecycleHookDetails[0].hookId, deployment };
};

const ended = () => world.until(({ status }) => /SUCCESSFUL|STOPPED|FAILED/.test(status));
const resume = (serviceDeploymentArn: string, hookId: string, action?: string) =>
  world.ecs('ContinueServiceDeployment', { serviceDeploymentArn, hookId, ...(action ? { action } : {}) });

describe('a pause hook', () => {
  test('holds its stage until it is continued', async () => {
    await begin([pause('POST_TEST_TRAFFIC_SHIFT')]);
    const { hookId, deployment } = await paused();
    expect(deployment).toMatchObject({ status: 'IN_PROGRESS', lifecycleStage: 'POST_TEST_TRAFFIC_SHIFT' });
    expect(deployment.lifecycleHookDetails).toMatchObject([
      { hookId: expect.stringMatching(/^ecs-pause-[\w-]{43}$/), targetType: 'PAUSE', timeoutAction: 'ROLLBACK' },
    ]);
    await world.clock.advance(60_000);
    const later = await world.deployment();
    expect(later).toMatchObject({ lifecycleStage: 'POST_TEST_TRAFFIC_SHIFT', status: 'IN_PROGRESS' });
    expect(later.targetServiceRevision.requestedProductionTrafficWeight).toBe(0);
    await resume(deployment.serviceDeploymentArn, hookId);
    expect(await ended()).toMatchObject({ status: 'SUCCESSFUL', lifecycleHookDetails: [{ status: 'SUCCEEDED' }] });
    await expect(resume(deployment.serviceDeploymentArn, hookId)).rejects.toMatchObject({
      code: 'InvalidParameterException',
    });
    await expect(resume(deployment.serviceDeploymentArn, 'other')).rejects.toMatchObject({
      code: 'InvalidParameterException',
    });
    await expect(resume(`${deployment.serviceDeploymentArn}x`, hookId)).rejects.toMatchObject({
      code: 'ServiceDeploymentNotFoundException',
    });
  });

  test('answered with ROLLBACK takes the deployment back', async () => {
    await begin([pause('PRE_SCALE_UP')]);
    const { hookId, deployment } = await paused();
    await resume(deployment.serviceDeploymentArn, hookId, 'ROLLBACK');
    expect((await ended()).status).toBe('ROLLBACK_SUCCESSFUL');
    expect(world.engine.started.every(({ revision }) => revision === 1)).toBe(true);
  });

  test.each([
    ['ROLLBACK', 'ROLLBACK_SUCCESSFUL'],
    ['CONTINUE', 'SUCCESSFUL'],
  ])('that nobody answers in time does its timeout action: %s', async (action, status) => {
    await begin([pause('POST_SCALE_UP', { timeoutInMinutes: 10, action })]);
    const { deployment } = await paused();
    const { expiresAt } = deployment.lifecycleHookDetails[0];
    const over = await world.until(({ lifecycleHookDetails }) => lifecycleHookDetails[0].status === 'TIMED_OUT');
    expect(over.lifecycleHookDetails[0].timeoutAction).toBe(action);
    expect(Math.abs(world.clock.now() - expiresAt.getTime())).toBeLessThan(100);
    expect((await ended()).status).toBe(status);
  });

  test('is over when the deployment is stopped', async () => {
    await begin([pause('POST_SCALE_UP')]);
    const { hookId, deployment } = await paused();
    const { serviceDeploymentArn } = deployment;
    await world.ecs('StopServiceDeployment', { serviceDeploymentArn });
    await expect(resume(serviceDeploymentArn, hookId)).rejects.toMatchObject({ code: 'InvalidParameterException' });
    expect((await ended()).status).toBe('ROLLBACK_SUCCESSFUL');
  });
});

describe("a hook's Lambda function", () => {
  test('is asked at its stages and lets the deployment go on', async () => {
    const calls: string[] = [];
    await begin([lambda('PRE_SCALE_UP', 'TEST_TRAFFIC_SHIFT', 'PRODUCTION_TRAFFIC_SHIFT')]);
    world.aws.ecs.play.answerHook(FUNCTION, ({ stage }) => {
      calls.push(stage);
      return 'SUCCEEDED';
    });
    const { status, lifecycleHookDetails } = await ended();
    expect(status).toBe('SUCCESSFUL');
    expect(calls).toEqual(['PRE_SCALE_UP', 'TEST_TRAFFIC_SHIFT', 'PRODUCTION_TRAFFIC_SHIFT']);
    expect(lifecycleHookDetails).toHaveLength(3);
    expect(lifecycleHookDetails[0]).toMatchObject({ targetType: 'AWS_LAMBDA', targetArn: FUNCTION });
  });

  test('that fails takes the deployment back, and is asked again at the traffic shifts of the way back', async () => {
    const calls: string[] = [];
    await begin([lambda('TEST_TRAFFIC_SHIFT', 'PRODUCTION_TRAFFIC_SHIFT', 'POST_TEST_TRAFFIC_SHIFT')]);
    const script: HookScript = ({ stage }) => {
      calls.push(stage);
      return stage === 'POST_TEST_TRAFFIC_SHIFT' ? 'FAILED' : 'SUCCEEDED';
    };
    world.aws.ecs.play.answerHook(FUNCTION, script);
    const { status, statusReason } = await ended();
    expect(status).toBe('ROLLBACK_SUCCESSFUL');
    expect(statusReason).toMatch(/hook arn:aws:lambda:.*:check at POST_TEST_TRAFFIC_SHIFT failed/);
    expect(calls).toEqual([
      'TEST_TRAFFIC_SHIFT',
      'POST_TEST_TRAFFIC_SHIFT',
      'PRODUCTION_TRAFFIC_SHIFT',
      'TEST_TRAFFIC_SHIFT',
    ]);
  });

  test('that says IN_PROGRESS is asked again after half a minute', async () => {
    const asked: number[] = [];
    await begin([lambda('POST_SCALE_UP')]);
    world.aws.ecs.play.answerHook(FUNCTION, () => {
      asked.push(world.clock.now());
      return asked.length < 3 ? 'IN_PROGRESS' : 'SUCCEEDED';
    });
    const open = await world.until(
      ({ lifecycleHookDetails = [] }) => lifecycleHookDetails[0]?.status === 'IN_PROGRESS',
    );
    expect(open.lifecycleStage).toBe('POST_SCALE_UP');
    expect((await ended()).status).toBe('SUCCESSFUL');
    // A minute is a second here.
    expect(asked.map((at, index) => at - (asked[index - 1] ?? at))).toEqual([0, 500, 500]);
  });
});

test.each([
  ['a pause at a traffic shift', pause('PRODUCTION_TRAFFIC_SHIFT'), /PAUSE hooks cannot be configured/],
  ['a Lambda hook without a function', { lifecycleStages: ['PRE_SCALE_UP'] }, /hookTargetArn and roleArn/],
  ['a hook without a stage', { hookTargetArn: FUNCTION, roleArn: ROLE }, /lifecycleStages/],
  ['a pause of no minutes', pause('PRE_SCALE_UP', { timeoutInMinutes: 0 }), /timeoutInMinutes/],
])('%s is refused', async (_what, hook, message) => {
  world = await createNativeWorld({ strategy: 'BLUE_GREEN', bakeTimeInMinutes: 0 });
  const deploymentConfiguration = { strategy: 'BLUE_GREEN', bakeTimeInMinutes: 0, lifecycleHooks: [hook] };
  await expect(world.update('v2', { deploymentConfiguration })).rejects.toThrow(message);
});
