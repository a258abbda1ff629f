import { differences, formatDifference, isVariable } from '@hospital-ops/aws/ecs/compare';
import { renderTaskDefinition } from '@hospital-ops/aws/ecs/render';
import {
  logStreamOf,
  mainContainer,
  namesRevision,
  shortName,
  variableOf,
} from '@hospital-ops/aws/ecs/task-definition';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

const BODY = {
  family: 'api',
  containerDefinitions: [
    {
      name: 'app',
      image: 'old',
      environment: [{ name: 'A', value: '1' }],
      secrets: [{ name: 'DATABASE_URL', valueFrom: '/db' }],
      logConfiguration: {
        logDriver: 'awslogs',
        options: { 'awslogs-group': '/g', 'awslogs-region': 'r', 'awslogs-stream-prefix': 'p' },
      },
    },
    { name: 'proxy', image: 'envoy', essential: false, unknownMember: 1 },
  ],
  unknownTop: [1],
};
const change = (name: string, value: string, container?: string) => ({ name, value, container });
const render = (images: Record<string, string>, variables: ReturnType<typeof change>[] = []) =>
  renderTaskDefinition(BODY, { images: new Map(Object.entries(images)), variables });

describe('rendering', () => {
  test.each(['a=b=c', '"quoted"', "it's", 'two\nlines', ' spaces ', '', '${NOT} $expanded', '#no comment'])(
    'keeps the value %j to the letter',
    (value) => {
      const { body } = render({}, [change('V', value)]);
      expect(variableOf(body, 'V', 'app')).toBe(value);
    },
  );
  test('changes the named container and nothing else', () => {
    const { body, problems } = render({ proxy: 'envoy:2' });
    expect(problems).toEqual([]);
    expect(body).toEqual({
      ...BODY,
      containerDefinitions: [BODY.containerDefinitions[0], { ...BODY.containerDefinitions[1], image: 'envoy:2' }],
    });
  });
  test('takes the only essential container when none is named', () => {
    expect(mainContainer(BODY)).toBe('app');
    expect(differences(BODY, render({ '': 'new' }).body).map(({ path }) => path)).toEqual([
      'containerDefinitions › app › image',
    ]);
  });
  test.each([
    ['a name that is a secret already', {}, [change('DATABASE_URL', 'x')], /DATABASE_URL is a secret/],
    ['an unknown container', { prox: 'x' }, [], /no container "prox"; did you mean "proxy"/],
    [
      'an unknown container of a variable',
      {},
      [change('A', '1', 'nobody')],
      /environment variable A: no container "nobody"/,
    ],
  ])('%s is a problem', (_, images, variables, problem) => {
    expect(render(images, variables).problems).toEqual([expect.stringMatching(problem)]);
  });
  test('several essential containers and no name is a question', () => {
    const two = {
      containerDefinitions: [
        { name: 'a', image: 'i' },
        { name: 'b', image: 'i' },
      ],
    };
    const { problems } = renderTaskDefinition(two, { images: new Map([['', 'x']]), variables: [] });
    expect(problems).toEqual([expect.stringMatching(/which container is meant\? There are "a", "b"/)]);
  });
  test('any value survives any number of changes', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (first, second) => {
        const once = render({}, [change('V', first), change('W', second)]).body;
        expect([variableOf(once, 'V'), variableOf(once, 'W')]).toEqual([first, second]);
      }),
    );
  });
});

describe('comparing', () => {
  test('S12: what ECS answers is equal to what was registered', () => {
    const answered = {
      ...BODY,
      taskDefinitionArn: 'arn:x:task-definition/api:1',
      revision: 1,
      status: 'ACTIVE',
      volumes: [],
      placementConstraints: [],
      requiresAttributes: [{ name: 'x' }],
      registeredAt: 1,
      containerDefinitions: [...BODY.containerDefinitions].reverse().map((each) => ({
        essential: true,
        cpu: 0,
        mountPoints: [],
        portMappings: [{ containerPort: 80, hostPort: 80, protocol: 'tcp' }],
        ...each,
      })),
    };
    const given = {
      ...BODY,
      containerDefinitions: BODY.containerDefinitions.map((each) => ({
        portMappings: [{ containerPort: 80 }],
        ...each,
      })),
    };
    expect(differences(answered, given)).toEqual([]);
  });
  test('an empty variable is not an absent one', () => {
    expect(differences(BODY, render({}, [change('B', '')]).body)).toHaveLength(1);
  });
  test('members that nobody knows count', () => {
    expect(differences(BODY, { ...BODY, unknownTop: [2] })).toHaveLength(1);
  });
  test('a variable is told by its exact name', () => {
    const [found] = differences(BODY, render({}, [change('APP_VERSION', '2')]).body);
    expect(
      found && [isVariable(found, 'APP_VERSION'), isVariable(found, 'APP.VERSION'), isVariable(found, 'VERSION')],
    ).toEqual([true, false, false]);
  });
  test('values of variables are not shown, that of the version is', () => {
    const found = differences(BODY, render({}, [change('TOKEN', 's3cret'), change('APP_VERSION', '2')]).body);
    const text = found.map((each) => formatDifference(each, 'APP_VERSION')).join('\n');
    expect(text).not.toMatch(/s3cret/);
    expect(text).toMatch(/APP_VERSION: "2"/);
  });
});

describe('names', () => {
  test.each([
    ['arn:aws:ecs:r:1:task-definition/api:41', 'api:41', true],
    ['api:41', 'api:41', true],
    ['api', 'api', false],
  ])('%s is %s; names one revision: %s', (reference, short, one) => {
    expect([shortName(reference), namesRevision(reference)]).toEqual([short, one]);
  });
  test('a log stream is prefix/container/task id, and unknown without awslogs', () => {
    expect(logStreamOf(BODY, 'app', 'arn:aws:ecs:r:1:task/c/0a1b')).toEqual({
      group: '/g',
      region: 'r',
      stream: 'p/app/0a1b',
    });
    expect(logStreamOf(BODY, 'proxy', 'arn:aws:ecs:r:1:task/c/0a1b')).toBeUndefined();
  });
});
