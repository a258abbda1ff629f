import { readFileSync } from 'node:fs';
import { loadPipeline } from '@hospital-ops/pipeline/load';
import { PipelineFileError } from '@hospital-ops/pipeline/problem';
import { describe, expect, test } from '@jest/globals';

const sample = readFileSync(new URL('../fixtures/hospital-ops/.github/hospital-ops.yml', import.meta.url), 'utf8');

const problemsOf = (text: string): string[] => {
  try {
    loadPipeline(text);
  } catch (error) {
    if (error instanceof PipelineFileError) return error.problems.map(({ line, message }) => `${line}: ${message}`);
    throw error;
  }
  return [];
};

const file = (lines: string) => `project: shop
services:
  api:
    path: apps/api
${lines}
environments:
  staging:
    region: ap-south-1
`;

describe('the pipeline file', () => {
  test('of the sample hospital loads', () => {
    const pipeline = loadPipeline(sample);
    expect([...pipeline.services.keys()]).toEqual(['api', 'web', 'worker']);
    expect([...pipeline.environments.keys()]).toEqual(['staging', 'production']);
    expect(pipeline.environments.get('production')?.promoteFrom).toBe('staging');
  });

  test('gives a service all that it does not say', () => {
    expect(loadPipeline(file('')).services.get('api')).toEqual({
      name: 'api',
      path: 'apps/api',
      paths: [],
      dependsOn: [],
      after: [],
      build: {
        repository: '{project}-{service}',
        context: '.',
        dockerfile: 'apps/api/Dockerfile',
        target: undefined,
        buildArgs: {},
        platforms: [],
      },
      container: '{service}',
      versionVariable: undefined,
      migrations: undefined,
      smoke: [],
    });
  });

  test('may use anchors, merge keys and a byte order mark', () => {
    const text = `\ufeffproject: shop
services:
  api: &app { path: apps/api, version-variable: APP_VERSION }
  web: { <<: *app, path: apps/web }
environments: { staging: { region: ap-south-1 } }
`;
    expect(loadPipeline(text).services.get('web')).toMatchObject({ path: 'apps/web', versionVariable: 'APP_VERSION' });
  });

  test('keeps build arguments as they are written', () => {
    const text = file('    build-args: { PYTHON: 3.10, NODE: "1.0", OCTAL: 0123, DEBUG: true, COUNT: 3 }');
    expect(loadPipeline(text).services.get('api')?.build.buildArgs).toEqual({
      PYTHON: '3.10',
      NODE: '1.0',
      OCTAL: '0123',
      DEBUG: 'true',
      COUNT: '3',
    });
  });
});

test.each([
  [
    'an unknown key, with the one that was meant',
    file('    dockerfil: x'),
    [/^5: "dockerfil" is no key of services\.api; did you mean "dockerfile"\?$/],
  ],
  [
    'an unknown key at the root',
    `${file('')}\nservice: {}`,
    [/^10: "service" is no key of the file; did you mean "services"\?$/],
  ],
  [
    'an unknown key deep inside',
    file('    smoke: [{ url: "https://x", expect-stauts: 200 }]'),
    [/^5: "expect-stauts" is no key of services\.api\.smoke\[0\]; did you mean "expect-status"\?$/],
  ],
  [
    'a key that is missing',
    'project: shop\nservices:\n  api: {}\nenvironments: { a: { region: ap-south-1 } }',
    [/^3: services\.api has no "path"$/],
  ],
  [
    'several mistakes at once, in the order of the file',
    file('    smoke: []\n    version-variable: 3'),
    [/^5: .*must not be empty/, /^6: services\.api\.version-variable is 3: expected a text/],
  ],
  [
    'a text that does not fit',
    file('').replace('ap-south-1', 'mumbai'),
    [/^8: environments\.staging\.region is "mumbai": does not fit \(The AWS region, such as ap-south-1\)$/],
  ],
  [
    'a word that is not one of the known',
    file('').replace('ap-south-1', 'ap-south-1\n    strategy: { api: { type: bluegreen } }'),
    [/^9: .*expected one of rolling, blue-green/],
  ],
  [
    'a choice of which none fits',
    file('').replace('ap-south-1', 'ap-south-1\n    url: 7'),
    [/^9: environments\.staging\.url is 7: does not fit \(The address of the environment/],
  ],
  [
    'the inside of a choice that was meant',
    file('').replace('ap-south-1', 'ap-south-1\n    url:\n      api: ftp://x'),
    [/^10: environments\.staging\.url\.api is "ftp:\/\/x"/],
  ],
  [
    'a path that leads out of the repository',
    file('').replace('apps/api', '../api'),
    [/^4: services\.api\.path is "\.\.\/api": does not fit/],
  ],
  [
    'a service name that cannot be an output',
    file('').replace('  api:', '  a.b:'),
    [/^3: services\.a\.b: the name does not fit/],
  ],
  [
    'a service that does not exist',
    file('    depends-on: [apo, api]'),
    [/^5: there is no service "apo"; did you mean "api"\?$/, /^5: services\.api depends on itself$/],
  ],
  [
    'an address for a service that does not exist',
    file('').replace('ap-south-1', 'ap-south-1\n    url: { web: https://x }'),
    [/^9: there is no service "web"; known are api$/],
  ],
  [
    'a promotion from nowhere',
    file('').replace('ap-south-1', 'ap-south-1\n    promote-from: stagin'),
    [/^9: there is no environment "stagin"; did you mean "staging"\?$/],
  ],
  [
    'a gate that is mistyped',
    file('').replace(
      'ap-south-1',
      'ap-south-1\n    strategy: { api: { type: canary, gate-metrics: [{ name: e, expresion: m, threshold: 1 }] } }',
    ),
    [
      /^9: environments\.staging\.strategy\.api\.gate-metrics\[0\] has no "expression"$/,
      /^9: "expresion" is no key of .*did you mean "expression"\?$/,
    ],
  ],
  [
    'a share that ECS does not take',
    file('').replace('ap-south-1', 'ap-south-1\n    strategy: { api: { type: linear, percent: 2 } }'),
    [/^9: environments\.staging\.strategy\.api\.percent must be between 3 and 100 for linear$/],
  ],
  [
    'steps where there is one share',
    file('').replace('ap-south-1', 'ap-south-1\n    strategy: { api: { type: canary, percent: "5,25" } }'),
    [/^9: .*percent is a list of steps, which only weighted-canary has$/],
  ],
  [
    'steps that fall, and services that are not named',
    file('').replace('ap-south-1', 'ap-south-1\n    strategy: { api: { type: weighted-canary, percent: "25,5" } }'),
    [/^9: .*percent must rise$/, /^9: .*api has no "canary-service"/, /^9: .*api has no "listener-rule"/],
  ],
  [
    'a bake time that ECS cannot count',
    file('').replace('ap-south-1', 'ap-south-1\n    strategy: { api: { type: blue-green, bake-time: 90s } }'),
    [/^9: .*bake-time is 90s: ECS takes whole minutes for blue-green$/],
  ],
  [
    'what a strategy does not have',
    file('').replace(
      'ap-south-1',
      'ap-south-1\n    strategy: { api: { type: rolling, percent: 10, listener-rule: x, lifecycle-hooks: [{ stages: POST_SCALE_UP }] } }',
    ),
    [
      /^9: .*percent has no meaning for rolling/,
      /^9: .*listener-rule is for weighted-canary only$/,
      /^9: .*lifecycle-hooks has no meaning for rolling/,
    ],
  ],
  [
    'a function that is not named',
    file('').replace(
      'ap-south-1',
      'ap-south-1\n    strategy: { api: { type: canary, lifecycle-hooks: [{ stages: POST_SCALE_UP, type: lambda, timeout: 10s }] } }',
    ),
    [/^9: .*lifecycle-hooks\[0\]\.type is lambda: it needs `target`/, /^9: .*timeout must be whole minutes/],
  ],
  [
    'a placeholder that a strategy has not',
    file('').replace(
      'ap-south-1',
      'ap-south-1\n    strategy: { api: { type: canary, gate-alarms: ["{version}-5xx"] } }',
    ),
    [/^9: .*gate-alarms\[0\]: \{version\} has no value here/],
  ],
  [
    'services that wait for each other',
    file('    after: [web]\n  web: { path: apps/web, after: [api, wed] }'),
    [
      /^5: services wait for each other: api → web → api$/,
      /^6: there is no service "wed"; did you mean "web"\?$/,
      /^6: services wait/,
    ],
  ],
  [
    'a promotion from itself',
    file('').replace('ap-south-1', 'ap-south-1\n    promote-from: staging'),
    [/^9: environments are promoted in a circle: staging ← staging$/],
  ],
  [
    'an unknown placeholder',
    file('').replace('ap-south-1', 'ap-south-1\n    cluster: "{projekt}-x"'),
    [/^9: environments\.staging\.cluster: \{projekt\} is no placeholder; did you mean \{project\}\?$/],
  ],
  [
    'a placeholder where it cannot be known',
    file('    repository: "{environment}-api"'),
    [/^5: services\.api\.repository: \{environment\} has no value here; known here are \{project\}, \{service\}$/],
  ],
  [
    'a check of an address that the environment does not give',
    file('    smoke:\n      - url: "{url}/health"'),
    [
      /^6: services\.api\.smoke\[0\]\.url: \{url\} has no value here.*the environment "staging" gives this service no url$/,
    ],
  ],
  ['YAML that is not', 'project: [', [/^1: is not valid YAML/]],
  [
    'YAML whose first mistake has others follow',
    file('   indented: wrong').replaceAll('path: ', 'path '),
    [/^4: is not valid YAML: a key without ": " behind it$/],
  ],
  ['a quote that is not closed', file('    path: "apps'), [/^\d+: is not valid YAML: Missing closing "quote$/]],
  ['the same key twice', file('    path: apps/web'), [/^5: is not valid YAML: Map keys must be unique/]],
  ['an empty file', '', [/^1: the file is empty: expected a map of keys/]],
  [
    'aliases that unfold without end',
    `a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]\nd: [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]`,
    [/alias/i],
  ],
] as const)('refused: %s', (_, text, expected) => {
  const problems = problemsOf(text);
  expect(problems).toHaveLength(expected.length);
  for (const [index, pattern] of expected.entries()) expect(problems[index]).toMatch(pattern);
});

test('the error names the file and every line', () => {
  expect(() => loadPipeline(file('    dockerfil: x'), 'ops.yml')).toThrow('the pipeline file ops.yml has a mistake.');
});
