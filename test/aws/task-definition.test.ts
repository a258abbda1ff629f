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
  const changed = (changes: Partial<Parameters<typeof renderTaskDefinition>[1]>) =>
    renderTaskDefinition(BODY, { images: new Map(), variables: [], ...changes });
  const own = (body: Readonly<Record<string, unknown>>, list: 'environment' | 'secrets') =>
    (body.containerDefinitions as ReadonlyArray<Record<string, unknown>>)[0]?.[list];

  test('many containers, variables, secrets and removals change in one go', () => {
    const { body, problems, warnings } = changed({
      images: new Map([
        ['app', 'new'],
        ['proxy', 'envoy:2'],
      ]),
      variables: [change('A', '2', 'app'), change('DATABASE_URL', 'x', 'proxy')],
      secrets: [change('TOKEN', '/t', 'app'), change('DATABASE_URL', '/db2', 'app')],
      removals: [{ container: 'proxy', name: 'NOTHING' }],
    });
    expect(problems).toEqual([]);
    expect(warnings).toEqual([expect.stringMatching(/NOTHING is no variable or secret of container "proxy"/)]);
    expect(own(body, 'environment')).toEqual([{ name: 'A', value: '2' }]);
    expect(own(body, 'secrets')).toEqual([
      { name: 'DATABASE_URL', valueFrom: '/db2' },
      { name: 'TOKEN', valueFrom: '/t' },
    ]);
  });
  test('a variable becomes a secret, and a secret a variable, when the other is removed in the same go', () => {
    const { body, problems, warnings } = changed({
      variables: [change('DATABASE_URL', 'x')],
      secrets: [change('A', '/a')],
      removals: [
        { container: undefined, name: 'A' },
        { container: undefined, name: 'DATABASE_URL' },
      ],
    });
    expect([problems, warnings]).toEqual([[], []]);
    expect(own(body, 'environment')).toEqual([{ name: 'DATABASE_URL', value: 'x' }]);
    expect(own(body, 'secrets')).toEqual([{ name: 'A', valueFrom: '/a' }]);
  });
  test.each([
    [
      'a secret of a variable’s name',
      { secrets: [change('A', '/a')] },
      /A is a variable and cannot be a secret too; add A to `remove-/,
    ],
    [
      'one name as variable and secret',
      { variables: [change('N', 'v')], secrets: [change('N', '/n')], removals: [{ container: undefined, name: 'N' }] },
      /N is set as a variable and as a secret/,
    ],
    [
      'two values for one name',
      { variables: [change('N', 'never-shown'), change('N', 'other', 'app')] },
      /^environment variable N is given two values for the same container$/,
    ],
    [
      'a removal from an unknown container',
      { removals: [{ container: 'ap', name: 'A' }] },
      /removal of A: no container "ap"/,
    ],
  ])('%s is a problem', (_, changes, problem) => {
    expect(changed(changes).problems).toContainEqual(expect.stringMatching(problem));
  });
  test('unaddressed secrets and removals go where the images change', () => {
    const { body } = changed({ images: new Map([['proxy', 'p']]), secrets: [change('S', '/s')] });
    expect(own(body, 'secrets')).toEqual(own(BODY, 'secrets'));
    expect(JSON.stringify(body)).toContain('"valueFrom":"/s"');
  });
  test('a container without an image is a problem', () => {
    const { problems } = renderTaskDefinition(
      { containerDefinitions: [{ name: 'a' }] },
      { images: new Map(), variables: [] },
    );
    expect(problems).toEqual(['container "a" has no image']);
  });
  test('rendering again what was rendered changes nothing', () => {
    const names = fc.constantFrom('A', 'B', 'C', 'DATABASE_URL');
    const changes = fc.array(fc.tuple(names, fc.string()), { maxLength: 4 });
    fc.assert(
      fc.property(changes, fc.array(names, { maxLength: 3 }), (variables, removed) => {
        const given = {
          images: new Map([['', 'new']]),
          variables: variables.map(([name, value]) => change(name, value)),
          removals: removed.map((name) => ({ container: undefined, name })),
        };
        const once = renderTaskDefinition(BODY, given);
        const twice = renderTaskDefinition(once.body, given);
        if (once.problems.length === 0) expect(differences(once.body, twice.body)).toEqual([]);
      }),
    );
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

describe('what ECS fills in or writes in another way is no difference', () => {
  const one = (container: object = {}, own: object = {}) => ({
    family: 'f',
    ...own,
    containerDefinitions: [{ name: 'app', image: 'i', ...container }],
  });
  test.each<[string, object, object]>([
    ['lists that are empty', one({ environment: [], mountPoints: [], volumesFrom: [], systemControls: [] }), one()],
    [
      'a protocol',
      one({ portMappings: [{ containerPort: 80, protocol: 'tcp' }] }),
      one({ portMappings: [{ containerPort: 80 }] }),
    ],
    [
      'a host port of 0',
      one({ portMappings: [{ containerPort: 80, hostPort: 0 }] }),
      one({ portMappings: [{ containerPort: 80 }] }),
    ],
    [
      'the times of a health check',
      one({ healthCheck: { command: ['CMD', 'true'], interval: 30, timeout: 5, retries: 3 } }),
      one({ healthCheck: { command: ['CMD', 'true'] } }),
    ],
    ['a volume without a host', one({}, { volumes: [{ name: 'v', host: {} }] }), one({}, { volumes: [{ name: 'v' }] })],
    [
      'a mount that is not read-only',
      one({ mountPoints: [{ sourceVolume: 'v', readOnly: false }] }),
      one({ mountPoints: [{ sourceVolume: 'v' }] }),
    ],
    [
      'a task size in other units',
      one({}, { cpu: '512', memory: '1024' }),
      one({}, { cpu: '.5 vCPU', memory: '1 GB' }),
    ],
    [
      'the order of variables, secrets and labels',
      one({
        environment: [
          { name: 'A', value: '1' },
          { name: 'B', value: '2' },
        ],
        dockerLabels: { a: '1', b: '2' },
      }),
      one({
        environment: [
          { name: 'B', value: '2' },
          { name: 'A', value: '1' },
        ],
        dockerLabels: { b: '2', a: '1' },
      }),
    ],
    ['null', one({ user: null }), one()],
  ])('%s', (_, before, after) => {
    expect(differences(before as never, after as never)).toEqual([]);
    expect(differences(after as never, before as never)).toEqual([]);
  });
  test.each<[string, object, object]>([
    [
      'another protocol',
      one({ portMappings: [{ containerPort: 80, protocol: 'udp' }] }),
      one({ portMappings: [{ containerPort: 80 }] }),
    ],
    ['a volume more', one({}, { volumes: [{ name: 'v', host: {} }] }), one()],
    ['another order of the command', one({ command: ['a', 'b'] }), one({ command: ['b', 'a'] })],
    ['a container that is not essential', one({ essential: false }), one()],
    ['another size', one({}, { cpu: '1 vCPU' }), one({}, { cpu: '512' })],
    [
      'the value of one of two variables of the same name',
      one({
        environment: [
          { name: 'A', value: '1' },
          { name: 'A', value: '2' },
        ],
      }),
      one({
        environment: [
          { name: 'A', value: '3' },
          { name: 'A', value: '2' },
        ],
      }),
    ],
  ])('%s is one', (_, before, after) => {
    expect(differences(before as never, after as never)).not.toEqual([]);
  });
});

test.each([
  ['containerDefinitions › app › environment › A › value', false],
  ['containerDefinitions › app › environment › 0 › value', false],
  ['containerDefinitions › app › command › 1', false],
  ['containerDefinitions › app › healthCheck › command › 1', false],
  ['containerDefinitions › app › dockerLabels › a', false],
  ['containerDefinitions › app › logConfiguration › options › splunk-token', false],
  ['containerDefinitions › app › logConfiguration › options › awslogs-group', true],
  ['containerDefinitions › app › image', true],
  ['containerDefinitions › app › portMappings › 0 › containerPort', true],
  ['containerDefinitions › app › secrets › A › valueFrom', true],
  ['cpu', true],
])('the value of %s is shown: %s', (path, shown) => {
  const text = formatDifference({ path, before: '"s3cret"', after: '"t0ken"' }, undefined);
  expect([text.includes('s3cret'), text.includes('t0ken')]).toEqual([shown, shown]);
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
