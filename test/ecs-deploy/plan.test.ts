import { DeploymentControllerType, DeploymentStrategy } from '@aws-sdk/client-ecs';
import { describe, expect, test } from '@jest/globals';
import { refusals } from '../../actions/ecs-deploy/src/plan/plan.ts';
import { deployment, service } from './observations.ts';

const refused = (given: object, deployments = [deployment()]) => refusals(service(deployments, given), 'api', 'c');

describe('a service is deployed only when it', () => {
  const controllers: Readonly<Record<keyof typeof DeploymentControllerType, RegExp | undefined>> = {
    ECS: undefined,
    CODE_DEPLOY: undefined,
    EXTERNAL: /task sets/,
  };
  const strategies: Readonly<Record<keyof typeof DeploymentStrategy, RegExp | undefined>> = {
    ROLLING: undefined,
    BLUE_GREEN: undefined,
    LINEAR: undefined,
    CANARY: undefined,
  };
  test('every controller and strategy of the API has its row', () => {
    expect(Object.keys(controllers).sort()).toEqual(Object.values(DeploymentControllerType).sort());
    expect(Object.keys(strategies).sort()).toEqual(Object.values(DeploymentStrategy).sort());
  });
  test.each([...Object.entries(controllers), ['NEW', /controller NEW/] as const])(
    'is of controller %s: %s',
    (controller, reason) => {
      expect(refused({ controller })).toEqual(reason === undefined ? [] : [expect.stringMatching(reason)]);
    },
  );
  test.each([...Object.entries(strategies), ['NEW', /deploys by NEW/] as const])(
    'deploys by %s: %s',
    (strategy, reason) => {
      expect(refused({ strategy })).toEqual(reason === undefined ? [] : [expect.stringMatching(reason)]);
    },
  );
  test('exists, is ACTIVE and has a PRIMARY deployment', () => {
    expect(refusals(undefined, 'api', 'c')).toEqual([expect.stringMatching(/not in cluster "c"/)]);
    expect(refused({ status: 'DRAINING' })).toEqual([expect.stringMatching(/DRAINING/)]);
    expect(refused({}, [])).toEqual([expect.stringMatching(/no PRIMARY/)]);
  });
});
