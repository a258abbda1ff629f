import {
  CreateRoleCommand,
  DeleteRoleCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  IAMClient,
  ListRolePoliciesCommand,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { World } from './world.ts';
import { createWorld } from './world.ts';

let world: World;
let iam: IAMClient;
const credentials = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret' };

beforeAll(async () => {
  world = await createWorld();
  iam = new IAMClient({ endpoint: world.aws.url, region: 'ap-south-1', credentials, maxAttempts: 1 });
});
afterAll(async () => {
  iam.destroy();
  await world.close();
});

const trust = (service: string) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' }],
});

test('a role of the world may be assumed by tasks, and its trust policy is percent-encoded', async () => {
  world.aws.iam.createRole('arn:aws:iam::123456789012:role/apps/api-task');
  const { Role } = await iam.send(new GetRoleCommand({ RoleName: 'api-task' }));
  expect(Role).toMatchObject({
    Arn: 'arn:aws:iam::123456789012:role/apps/api-task',
    Path: '/apps/',
    RoleName: 'api-task',
  });
  expect(Role?.AssumeRolePolicyDocument).toMatch(/^%7B%22Version/);
  expect(JSON.parse(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? ''))).toEqual(
    trust('ecs-tasks.amazonaws.com'),
  );
});

test('a role that is created carries its policies', async () => {
  const document = JSON.stringify(trust('lambda.amazonaws.com'));
  await iam.send(new CreateRoleCommand({ RoleName: 'hooks', AssumeRolePolicyDocument: document }));
  const policy = JSON.stringify({ Version: '2012-10-17', Statement: [] });
  await iam.send(new PutRolePolicyCommand({ RoleName: 'hooks', PolicyName: 'p', PolicyDocument: policy }));
  expect((await iam.send(new ListRolePoliciesCommand({ RoleName: 'hooks' }))).PolicyNames).toEqual(['p']);
  const { PolicyDocument = '' } = await iam.send(new GetRolePolicyCommand({ RoleName: 'hooks', PolicyName: 'p' }));
  expect(decodeURIComponent(PolicyDocument)).toBe(policy);
  await expect(iam.send(new DeleteRoleCommand({ RoleName: 'hooks' }))).rejects.toMatchObject({
    name: 'DeleteConflictException',
  });
});

test.each([
  ['a role that there is not', () => iam.send(new GetRoleCommand({ RoleName: 'none' })), 'NoSuchEntityException', 404],
  [
    'a role of the same name in other letters',
    () => iam.send(new CreateRoleCommand({ RoleName: 'X', AssumeRolePolicyDocument: '{}' })),
    'EntityAlreadyExistsException',
    409,
  ],
  [
    'a policy that is no JSON',
    () => iam.send(new CreateRoleCommand({ RoleName: 'y', AssumeRolePolicyDocument: '{' })),
    'MalformedPolicyDocumentException',
    400,
  ],
])('%s is refused', async (_what, call, name, status) => {
  await expect(call()).rejects.toMatchObject({ name, $metadata: { httpStatusCode: status } });
});

test('whoever may not look is told so', async () => {
  world.aws.faults.add({ service: 'iam', kind: 'access-denied', times: 1 });
  await expect(iam.send(new GetRoleCommand({ RoleName: 'x' }))).rejects.toMatchObject({
    name: 'AccessDenied',
    message: expect.stringContaining('iam:GetRole'),
  });
});
