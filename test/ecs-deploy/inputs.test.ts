import { DeploymentLifecycleHookStage } from '@aws-sdk/client-ecs';
import { InputError } from '@hospital-ops/action-kit/errors';
import { describe, expect, test } from '@jest/globals';
import { HOOK_STAGES } from '../../actions/ecs-deploy/src/inputs/stages.ts';
import { parseDeployInputs } from '../../actions/ecs-deploy/src/inputs.ts';
import { deployInputs } from './release-world.ts';

const problemsOf = (given: Readonly<Record<string, string>>): readonly string[] => {
  try {
    deployInputs(given);
  } catch (error) {
    if (error instanceof InputError) return error.problems;
    throw error;
  }
  return [];
};

describe('services', () => {
  test('are entries with images by container, the main one without a name', () => {
    const services =
      '[{service: s-api, name: api, image: i}, {service: web, container: app, image: j, images: {proxy: k}}]';
    const { targets, single } = deployInputs({ services });
    expect(single).toBe(false);
    expect(targets.map(({ service, name, images }) => [service, name, Object.fromEntries(images)])).toEqual([
      ['s-api', 'api', { '': 'i' }],
      ['web', 'web', { app: 'j', proxy: 'k' }],
    ]);
  });
  test('may be named by their ARNs, as ECS itself takes them', () => {
    const arn = 'arn:aws:ecs:ap-south-1:1:service/c/a';
    expect(deployInputs({ service: arn }).targets[0]?.service).toBe('a');
    const cluster = 'arn:aws:ecs:ap-south-1:1:cluster/c';
    const { targets } = deployInputs({ cluster, services: `[{service: "${arn}"}, {service: b, after: ["${arn}"]}]` });
    expect(targets.map(({ service, name, after }) => [service, name, after])).toEqual([
      ['a', 'a', []],
      ['b', 'b', ['a']],
    ]);
  });
  test.each([
    ['neither service nor services', {}, /`service`: give `service`/],
    ['both', { service: 'a', services: '[{service: a}]' }, /not both/],
    ['an empty list', { services: '[]' }, /at least one service/],
    ['no list', { services: 'service: a' }, /expected a list/],
    [
      'an unknown key',
      { services: '[{service: a, imgae: x}]' },
      /entry 1: `imgae`: is no input of this action; did you mean `image`/,
    ],
    ['no service in an entry', { services: '[{image: x}]' }, /entry 1: `service`: is required/],
    [
      'the same service by name and by ARN',
      { services: '[{service: a}, {service: "arn:aws:ecs:r:1:service/c/a"}]' },
      /"a" stands there twice/,
    ],
    ['a service of another cluster', { service: 'arn:aws:ecs:r:1:service/d/a' }, /cluster "d", not of "c"/],
    ['a name with its cluster', { service: 'c/a' }, /expected the name or the ARN/],
    ['what is no service', { service: 'arn:aws:ecs:r:1:cluster/c' }, /expected the name or the ARN/],
    [
      'a canary service that is an entry of its own',
      {
        services:
          '[{service: a, strategy: weighted-canary, canary-service: b, listener-rule: r}, {service: b, image: x}]',
      },
      /"b" is the canary service of "a" and an entry of its own/,
    ],
    ['the same service twice', { services: '[{service: a}, {service: a}]' }, /stands there twice/],
    ['a single input beside many services', { services: '[{service: a}]', image: 'x' }, /for a single `service`/],
    ['an image that is a number', { services: '[{service: a, image: 3}]' }, /`image` must be text/],
    ['a revision number for many', { services: '[{service: a}, {service: b}]', 'rollback-to': '3' }, /only `previous`/],
    ['a rollback-to that is nothing', { service: 'a', 'rollback-to': 'yesterday' }, /expected previous/],
    ['an image with rollback-to', { service: 'a', image: 'x', 'rollback-to': 'previous' }, /whole revision/],
    ['a missing file', { service: 'a', 'task-definition': 'td.json' }, /cannot read the file "td.json"/],
    ['an input that is not there', { service: 'a', strategi: 'canary' }, /`strategi`: is no input/],
    ['a text that is no image', { service: 'a', image: 'NOT AN IMAGE' }, /`image` is "NOT…": expected an image/],
    ['two services of one name', { services: '[{service: a, name: x}, {service: b, name: x}]' }, /"x" is given to two/],
    [
      'a hook at no stage',
      { service: 'a', 'lifecycle-hooks': '[{stages: BAKE_TIME}]' },
      /"BAKE_TIME" is no stage for hooks/,
    ],
    ['a timeout of 3x', { service: 'a', timeout: '3x' }, /`timeout` is "3x"/],
  ])('%s is a problem', (_, given, problem) => {
    expect(problemsOf(given)).toContainEqual(expect.stringMatching(problem));
  });
});

test('variables may be addressed to a container; values keep every character', () => {
  const { targets } = deployInputs({ service: 'a', 'environment-variables': 'A=b=c "d" \nproxy:B= #1' });
  expect(targets[0]?.variables).toEqual([
    { container: undefined, name: 'A', value: 'b=c "d" ' },
    { container: 'proxy', name: 'B', value: ' #1' },
  ]);
});

test('a task definition may be a YAML file', () => {
  const raw = new Map(Object.entries({ cluster: 'c', service: 'a', 'task-definition': 'td.yml' }));
  const inputs = parseDeployInputs(raw, () => '\ufefffamily: a\ncontainerDefinitions: [{name: a, image: i}]');
  expect(inputs.targets[0]?.definition).toMatchObject({ kind: 'file', body: { family: 'a' } });
});

test('all problems are told at once', () => {
  expect(problemsOf({ timeout: 'x', 'on-failure': 'maybe', 'max-parallel': '0' })).toHaveLength(4);
});

test('every stage of the API may have a hook', () => {
  expect([...HOOK_STAGES].sort()).toEqual(Object.values(DeploymentLifecycleHookStage).sort());
});
