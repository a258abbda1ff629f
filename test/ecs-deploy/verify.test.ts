import { OpsError } from '@hospital-ops/action-kit/errors';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { VerifyWorld } from './verify-world.ts';
import { createVerifyWorld, REGISTRY } from './verify-world.ts';

let world: VerifyWorld;

beforeAll(async () => {
  world = await createVerifyWorld();
});
afterEach(() => {
  world.aws.faults.clear();
  world.log.lines.length = 0;
});
afterAll(() => world?.close());

type Inputs = Readonly<Record<string, string>>;

/** What stands in the way of a deployment of the service `whole`. */
const failuresOf = async (given: Inputs): Promise<readonly string[]> => {
  const before = world.aws.requests().filter(({ operation }) => /^(Register|Update)/.test(operation)).length;
  try {
    await world.deploy('services' in given ? given : { service: 'whole', ...given });
    return [];
  } catch (error) {
    if (!(error instanceof OpsError)) throw error;
    return (error.why ?? error.what).split('\n  - ').filter((line) => line !== '');
  } finally {
    expect(world.aws.requests().filter(({ operation }) => /^(Register|Update)/.test(operation))).toHaveLength(before);
  }
};

/** What stands in the way of a definition that somebody has registered. */
const failuresWith = async (
  own: Record<string, unknown>,
  container: Record<string, unknown> = {},
  given: Inputs = {},
) => failuresOf({ 'task-definition': await world.register(world.definition(own, container)), ...given });

test('a release in which everything is in order is deployed without a word', async () => {
  const { outputs } = await world.deploy({ service: 'whole', image: `${REGISTRY}/api:v2`, 'gate-alarms': 'gate' });
  expect(outputs.outcome).toBe('deployed');
  expect(world.log.lines.filter((line) => /warning|not checked/.test(line))).toEqual([]);
  expect(world.log.lines.join()).not.toContain('never-to-be-seen');
});

describe('nothing is changed, and the failure says what and why, when', () => {
  const image = (tag: string) => ({ image: `${REGISTRY}/api:${tag}` });
  test.each<[what: string, given: () => Inputs | [object, object?, Inputs?], failure: RegExp]>([
    ['an image is not there', () => image('v9'), /"whole": image .*api:v9 does not exist: no task could start/],
    [
      'a digest is not there',
      () => ({ image: `${REGISTRY}/api@sha256:${'a'.repeat(64)}` }),
      /@sha256:a+ does not exist/,
    ],
    ['a repository is not there', () => ({ image: `${REGISTRY}/apo:v1` }), /no repository "apo"/],
    ['an index has no image of the platform', () => image('arm'), /is for linux\/arm64, .* run on linux\/amd64/],
    ['an image is for another platform', () => image('single-arm'), /is for linux\/arm64, .* run on linux\/amd64/],
    [
      'the tasks run on another platform',
      () => [{ runtimePlatform: { cpuArchitecture: 'ARM64' } }, { image: `${REGISTRY}/api:single` }],
      /is for linux\/amd64, .* run on linux\/arm64/,
    ],
    [
      'an execution role is not there',
      () => [{ executionRoleArn: 'arn:aws:iam::123456789012:role/p/gone' }],
      /executionRoleArn ".*gone" does not exist/,
    ],
    ['a task role is not there', () => [{ taskRoleArn: 'gone' }], /taskRoleArn "gone" does not exist/],
    ['a role is not for tasks', () => [{ taskRoleArn: 'lambda' }], /does not let ecs-tasks.amazonaws.com assume it/],
    ['a parameter is not there', () => ({ secrets: 'KEY=/app/kay' }), /parameter \/app\/kay does not exist/],
    [
      'a parameter by ARN is not there',
      () => ({ secrets: 'KEY=arn:aws:ssm:ap-south-1:123456789012:parameter/nope' }),
      /parameter arn:.*nope does not exist/,
    ],
    [
      'a secret is not there',
      () => ({ secrets: 'KEY=arn:aws:secretsmanager:ap-south-1:123456789012:secret:x-AbCdEf' }),
      /secret .*x-AbCdEf does not exist/,
    ],
    [
      'a secret has no such JSON key',
      () => ({ secrets: `KEY=${world.secret}:passwort::` }),
      /has no JSON key "passwort"/,
    ],
    [
      'a secret with a key is no JSON',
      () => ({ secrets: `KEY=${world.plain}:a::` }),
      /holds no JSON object, so it has no key "a"/,
    ],
    ['a stage is not there', () => ({ secrets: `KEY=${world.secret}::AWSPENDING:` }), /no version at stage AWSPENDING/],
    ['a version is not there', () => ({ secrets: `KEY=${world.secret}:::0-1` }), /has no version 0-1/],
    [
      'a secret is in no service that ECS reads secrets of',
      () => ({ secrets: 'KEY=arn:aws:s3:::bucket/key' }),
      /neither a secret .* nor an SSM/,
    ],
    [
      'a log group is not there',
      () => [{}, { logConfiguration: { logDriver: 'awslogs', options: { 'awslogs-group': '/ecs/ap' } } }],
      /log group "\/ecs\/ap" does not exist/,
    ],
    [
      'the container of the load balancer is not there',
      () => [{}, { name: 'web' }],
      /container "app", which the new definition lacks \(there are "web"\)/,
    ],
    [
      'the port of the load balancer is not there',
      () => [{}, { portMappings: [{ containerPort: 80 }] }],
      /port 8080 of container "app"/,
    ],
    [
      'the target group takes no such tasks',
      () => [{ networkMode: 'bridge', requiresCompatibilities: ['EC2'] }],
      /takes targets of type ip, and network mode bridge needs instance/,
    ],
    [
      'a gate alarm is not there',
      () => ({ ...image('v3-none'), 'gate-alarms': 'gaet' }),
      /alarm "gaet" does not exist/,
    ],
    [
      'a gate alarm fires',
      () => ({ ...image('single'), 'gate-alarms': 'firing' }),
      /alarm "firing" fires already \(too many\)/,
    ],
  ])('%s', async (_, given, failure) => {
    const asked = given();
    const failures = Array.isArray(asked)
      ? await failuresWith(...(asked as Parameters<typeof failuresWith>))
      : await failuresOf(asked);
    expect(failures).toContainEqual(expect.stringMatching(failure));
  });
});

test('all failures are told together, each distinct one once with the services that it is about', async () => {
  const { aws } = world;
  for (const name of ['one', 'two']) {
    await world.register(world.definition({ family: name, taskRoleArn: 'gone' }));
    await world.ecs('CreateService', {
      cluster: 'c',
      serviceName: name,
      taskDefinition: name,
      desiredCount: 0,
      networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-1'] } },
    });
    await world.settle(name);
  }
  const asked = aws.calls('GetRole');
  const services = '[{service: one, image: v9}, {service: two, image: v9, secrets: "KEY=/none"}]';
  const failures = await failuresOf({ services });
  expect(failures).toEqual([
    expect.stringMatching(/^service "two": parameter \/none does not exist/),
    expect.stringMatching(/^services "one", "two": taskRoleArn "gone" does not exist/),
  ]);
  expect(aws.calls('GetRole') - asked).toBe(2);
});

describe('a check that cannot be made is a warning, and the release goes on', () => {
  const run = async (given: Inputs = {}) => {
    const { outputs } = await world.deploy({ service: 'whole', 'force-new-deployment': 'true', ...given });
    return { outcome: outputs.outcome, warnings: world.log.lines.filter((line) => line.startsWith('warning: ')) };
  };
  test('where access is denied, told once per action that is missing', async () => {
    const actions = [
      ['iam', 'GetRole', 'iam:GetRole'],
      ['ecr', 'BatchGetImage', 'ecr:BatchGetImage'],
      ['ssm', 'GetParameters', 'ssm:GetParameters'],
      ['secretsmanager', 'GetSecretValue', 'secretsmanager:GetSecretValue'],
      ['logs', 'DescribeLogGroups', 'logs:DescribeLogGroups'],
      ['elasticloadbalancing', 'DescribeTargetGroups', 'elasticloadbalancing:DescribeTargetGroups'],
      ['cloudwatch', 'DescribeAlarms', 'cloudwatch:DescribeAlarms'],
    ] as const;
    for (const [service, operation] of actions) world.aws.faults.add({ service, operation, kind: 'access-denied' });
    const { outcome, warnings } = await run();
    expect(outcome).toBe('deployed');
    for (const [, , action] of actions) {
      expect(warnings.filter((line) => line.includes(`allow \`${action}\``))).toHaveLength(1);
    }
    expect(warnings).toHaveLength(actions.length);
  });
  test('where one of many parameters may not be read, the others are checked all the same', async () => {
    world.aws.faults.add({ service: 'ssm', operation: 'GetParameters', kind: 'access-denied', times: 1 });
    expect(await failuresOf({ secrets: 'A=/none' })).toEqual([
      expect.stringMatching(/parameter \/none does not exist/),
    ]);
  });
  test('where a JSON key may not be read, that the secret exists is checked all the same', async () => {
    world.aws.faults.add({ service: 'secretsmanager', operation: 'GetSecretValue', kind: 'access-denied' });
    const gone = world.secret.replace(/db-.{6}/, 'dc-AbCdEf');
    expect(await failuresOf({ secrets: `A=${gone}:password::` })).toEqual([
      expect.stringMatching(/dc-AbCdEf does not exist/),
    ]);
  });
  test.each(['throttle', '5xx', 'reset'] as const)('where AWS does not answer (%s)', async (kind) => {
    world.aws.faults.add({ service: 'iam', kind, rate: 1 });
    const { outcome, warnings } = await run();
    expect(outcome).toBe('deployed');
    expect(warnings).toEqual([
      expect.stringMatching(/role "execution" was not checked: iam:GetRole failed/),
      expect.stringMatching(/role "task" was not checked: iam:GetRole failed/),
    ]);
  });
});

test('without `verify` nothing is looked at', async () => {
  const asked = world.aws.calls('GetRole') + world.aws.calls('BatchGetImage') + world.aws.calls('DescribeLogGroups');
  await world.deploy({ service: 'whole', image: `${REGISTRY}/api:single`, verify: 'false' });
  expect(world.aws.calls('GetRole') + world.aws.calls('BatchGetImage') + world.aws.calls('DescribeLogGroups')).toBe(
    asked,
  );
});

test('what stays as it is, is not looked at', async () => {
  const asked = world.aws.calls('GetRole');
  const { outputs } = await world.deploy({ service: 'whole' });
  expect([outputs.outcome, world.aws.calls('GetRole') - asked]).toEqual(['unchanged', 0]);
});

test('a dry run tells the difference and what stands in its way, and fails', async () => {
  const { outputs, summary, failure } = await world.deploy({
    service: 'whole',
    image: `${REGISTRY}/api:v9`,
    'environment-variables': 'PASSPHRASE=never-to-be-seen',
    'dry-run': 'true',
  });
  expect(outputs.outcome).toBe('failed');
  expect(failure?.what).toMatch(
    /a check failed before anything was changed: service "whole": image .*v9 does not exist/,
  );
  const told = summary.render();
  expect(told).toMatch(/~ app › image: .*api:v9/);
  expect(told).toMatch(/\+ app › environment › PASSPHRASE/);
  expect(told).toMatch(/Checks that failed/);
  expect(`${told}${world.log.lines.join()}`).not.toContain('never-to-be-seen');
});

test('lost credentials end the run before anything is changed', async () => {
  world.aws.faults.add({ service: 'iam', kind: 'expired-token' });
  const [failure] = await failuresOf({ image: `${REGISTRY}/api:v1` });
  expect(failure).toMatch(/expired/);
});
