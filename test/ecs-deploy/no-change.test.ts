import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Script } from '../../packages/rehearsal/src/aws/scripted-engine.ts';
import { exits, RUNS } from '../../packages/rehearsal/src/aws/scripted-engine.ts';
import type { ReleaseWorld } from './release-world.ts';
import { createReleaseWorld } from './release-world.ts';

let world: ReleaseWorld;
let scripts: Record<string, Script> = {};

beforeEach(async () => {
  scripts = {};
  world = await createReleaseWorld(scripts);
});
afterEach(() => world.close());

const registrations = () => world.aws.calls('RegisterTaskDefinition');
const updates = () => world.aws.calls('UpdateService');

/** The definition that runs, as somebody would have it in a file. */
const file = (own: object = {}, container: object = {}) => {
  const { aws } = world;
  const containers = [
    {
      name: 'api',
      image: 'v1',
      memory: 128,
      environment: [
        { name: 'GREETING', value: 'a=b "c"\nd' },
        { name: 'APP_VERSION', value: 'v1' },
      ],
      logConfiguration: {
        logDriver: 'awslogs',
        options: { 'awslogs-group': '/ecs/app', 'awslogs-region': aws.region, 'awslogs-stream-prefix': 'ecs' },
      },
      ...container,
    },
  ];
  const definition = {
    executionRoleArn: 'arn:aws:iam::123456789012:role/x',
    containerDefinitions: containers,
    family: 'api',
  };
  return { files: { 'td.json': JSON.stringify({ ...definition, ...own }) } };
};
const FILE = { service: 'api', 'task-definition': 'td.json' };

test('a file that says what runs already changes nothing, however often it is deployed', async () => {
  for (let time = 0; time < 2; time += 1) {
    const { outputs } = await world.deploy(FILE, file());
    expect(outputs.outcome).toBe('unchanged');
  }
  expect([registrations(), updates()]).toEqual([0, 0]);
});

test('a file is deployed once, and is unchanged after that', async () => {
  const given = file(
    { ephemeralStorage: null },
    { image: 'v2', portMappings: [{ containerPort: 80 }], stopTimeout: 30 },
  );
  expect((await world.deploy(FILE, given)).outputs.outcome).toBe('deployed');
  expect((await world.deploy(FILE, given)).outputs.outcome).toBe('unchanged');
  expect([registrations(), updates()]).toEqual([1, 1]);
});

test('what nobody here knows reaches ECS, and is told', async () => {
  await world.close();
  world = await createReleaseWorld({}, ['api'], { unknownMembers: 'ignore' });
  const given = file({ quantumMode: 'on' }, { image: 'v2', gpuPartitions: { of: 2 } });
  expect((await world.deploy(FILE, given)).outputs.outcome).toBe('deployed');
  const told = world.log.lines.filter((line) => line.startsWith('notice: '));
  expect(told).toEqual([expect.stringMatching(/api: passed on .*gpuPartitions; quantumMode/)]);
  const sent = world.aws.requests().find(({ operation }) => operation === 'RegisterTaskDefinition');
  expect(sent?.input).toMatchObject({ quantumMode: 'on', containerDefinitions: [{ gpuPartitions: { of: 2 } }] });
});

test('tags of which a file does not speak stay', async () => {
  const { taskDefinition } = await world.ecs('DescribeTaskDefinition', { taskDefinition: 'api' });
  const tagged = { ...file(), tags: [{ key: 'team', value: 'x' }] };
  expect(taskDefinition.family).toBe('api');
  const first = JSON.parse(tagged.files['td.json']);
  await world.deploy(FILE, { files: { 'td.json': JSON.stringify({ ...first, cpu: '256', tags: tagged.tags }) } });
  await world.deploy(FILE, { files: { 'td.json': JSON.stringify({ ...first, cpu: '512' }) } });
  const { tags } = await world.ecs('DescribeTaskDefinition', { taskDefinition: 'api', include: ['TAGS'] });
  expect(tags).toEqual(tagged.tags);
});

test('a removal of what is not there is told, and done all the same', async () => {
  const { outputs } = await world.deploy({ service: 'api', 'remove-environment-variables': 'NOTHING\nGREETING' });
  expect(outputs.outcome).toBe('deployed');
  expect(world.log.lines).toContainEqual(expect.stringMatching(/^warning: api: NOTHING is no variable or secret/));
  const { taskDefinition } = await world.ecs('DescribeTaskDefinition', { taskDefinition: 'api' });
  expect(taskDefinition.containerDefinitions[0].environment).toEqual([{ name: 'APP_VERSION', value: 'v1' }]);
});

/** Stops every task; new ones play `script`. */
const lose = async (script: Script) => {
  scripts.v1 = script;
  const { taskArns } = await world.ecs('ListTasks', { cluster: 'c', serviceName: 'api' });
  for (const task of taskArns) await world.ecs('StopTask', { cluster: 'c', task });
};

test('what is deployed but has lost all of its tasks is not said to be unchanged: it is watched until it serves', async () => {
  await lose(RUNS);
  const { outputs, reports } = await world.deploy({ service: 'api', image: 'v1' });
  expect(outputs.outcome).toBe('deployed');
  expect(reports[0]?.serving['task-definition']).toMatch(/api:1$/);
  expect([registrations(), updates()]).toEqual([0, 0]);
});

test('what is deployed but keeps crashing fails, and nothing is rolled back', async () => {
  await lose(exits(1));
  const { outputs, failure } = await world.deploy({ service: 'api', image: 'v1' });
  expect(outputs.outcome).toBe('failed');
  expect(failure?.why ?? failure?.what).toMatch(/tasks failed/);
  expect([registrations(), updates()]).toEqual([0, 0]);
});
