import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StandIn, StandInStep } from '@hospital-ops/rehearsal/runner/stand-in';
import { createStandIns } from '@hospital-ops/rehearsal/runner/stand-ins/table';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { run } from '../rehearsal/runner/sandbox.ts';
import { ROOT } from '../support/rehearse.ts';

type Answer = Readonly<Record<string, string>>;
/** What each action says, by its name; a plan is told apart by what it is asked for. Every action ends green. */
type Answers = Readonly<Record<string, Answer>>;

const DESK = 'registry.example/ward-desk@sha256:1';

const GOOD: Answers = {
  'detect-changes': { changes: '["desk"]' },
  'find-deployment': { services: '[]', images: '{}', revisions: '{}' },
  'find-deployment to go back to': {
    version: '1.0.0',
    sha: '2'.repeat(40),
    services: '["desk"]',
    images: `{"desk":"${DESK}"}`,
  },
  'release-plan': { released: '["desk"]', version: '1.1.0', region: 'x', images: '{}', freeze: '[]' },
  'release-plan with images': { services: '[{"service":"ward-desk"}]', cluster: 'ward' },
  'release-plan after the deployment': { checks: '[]', services: '[]' },
  'build-image': { images: `{"desk":"${DESK}"}` },
  'deployment-record': { 'deployment-id': '1' },
  'ecs-deploy': { outcome: 'deployed', services: '[{"service":"ward-desk","outcome":"deployed"}]' },
};

/** The inputs that an action declares, with their defaults. */
const inputsOf = (name: string): StandIn['inputs'] => {
  const { inputs } = parse(readFileSync(join(ROOT, 'actions', name, 'action.yml'), 'utf8'));
  return Object.fromEntries(Object.keys(inputs).map((input) => [input, {}]));
};

/** Tells the uses of one action apart by what it is given. */
const kindOf = (name: string, { input }: StandInStep): string => {
  const given = (key: string) => input(key) !== '';
  if (name === 'release-plan' && given('deployed')) return `${name} after the deployment`;
  if (name === 'release-plan' && given('images')) return `${name} with images`;
  return name === 'find-deployment' && given('version') ? `${name} to go back to` : name;
};

const NAMES = globSync('*', { cwd: join(ROOT, 'actions') });

/** The suite's actions, each saying what it is asked to. */
const actionsSaying = (answers: Answers): StandIn[] =>
  NAMES.map((name) => ({
    uses: `suite/${name}`,
    replaces: 'says what it is asked to.',
    inputs: inputsOf(name),
    run: async (step) => ({ outputs: answers[kindOf(name, step)] ?? {} }),
  }));

/** A checkout that is an empty commit, and everything else that is not the suite's does nothing. */
const OTHERS: readonly StandIn[] = createStandIns().map(({ uses, replaces, inputs }) => ({
  uses,
  replaces,
  inputs,
  run: async ({ exec }) => {
    if (uses !== 'actions/checkout') return undefined;
    await exec('git', ['init', '--quiet']);
    await exec('git', ['-c', 'user.name=t', '-c', 'user.email=t@e', 'commit', '--quiet', '--allow-empty', '-m', 'x']);
    return undefined;
  },
}));

const DEPLOY = '.github/workflows/deploy.yml';

/** Runs deploy.yml as it is, with actions that say `answers` over those of a release that goes well. */
const deploy = (answers: Answers, extra = '', failAt: readonly string[] = [], more = '') =>
  run(
    `on: push
permissions: { actions: read, contents: read, deployments: write, id-token: write }
jobs:
  deploy:
    uses: ORG/hospital-ops-actions/${DEPLOY}@v1
    with: { environment: production${extra.includes('aws-role') ? '' : ', aws-role: x'}${extra} }${more}
`,
    {
      suite: {
        [DEPLOY]: readFileSync(join(ROOT, DEPLOY), 'utf8').replaceAll(/uses: \$\/([\w-]+)/g, 'uses: suite/$1@v1'),
      },
      standIns: [...OTHERS, ...actionsSaying({ ...GOOD, ...answers })],
      failAt,
    },
  );

describe('a release job that is green has deployed what it planned', () => {
  test.each<[string, Answers, string]>([
    ['that goes well', {}, ''],
    ['that brings nothing new', { 'ecs-deploy': { outcome: 'unchanged', services: '[]' } }, ''],
    ['that is a dry run', { 'ecs-deploy': { outcome: 'planned', services: '[]' } }, ', dry-run: true'],
    ['that is a dry run of what has to be built', { 'build-image': {} }, ', dry-run: true'],
    ['that goes back', {}, ', rollback-to: previous'],
    ['of which nothing changed', { 'release-plan': { ...GOOD['release-plan'], released: '[]' } }, ''],
  ])('one %s', async (_, answers, extra) => {
    expect((await deploy(answers, extra)).conclusion).toBe('success');
  });

  test.each<[string, Answers, string]>([
    ['whose build tells no image', { 'build-image': {} }, ''],
    ['whose plan holds no service', { 'release-plan with images': { cluster: 'ward' } }, ''],
    ['whose deployment tells no outcome', { 'ecs-deploy': { services: '[]' } }, ''],
    ['whose deployment was only planned', { 'ecs-deploy': { outcome: 'planned', services: '[]' } }, ''],
    [
      'that goes back to no image',
      { 'find-deployment to go back to': { ...GOOD['find-deployment to go back to'], images: '' } },
      ', rollback-to: previous',
    ],
  ])('one %s is red, and says that nothing was deployed', async (_, answers, extra) => {
    const result = await deploy(answers, extra);
    expect(result.conclusion).toBe('failure');
    const errors = result.jobs.flatMap(({ steps }) => steps.flatMap(({ annotations }) => annotations));
    expect(errors.map(({ message }) => message).join('\n')).toMatch(/Nothing was deployed.*Next: /s);
    const { outcome = '', reason } = result.job('deploy / release').outputs;
    expect(['', 'failed']).toContain(outcome);
    expect(reason).toMatch(/^Nothing was deployed/);
  });
});

test('without a role or keys nothing is begun, and it is said where to put the role', async () => {
  const { conclusion, job } = await deploy({}, ", aws-role: ''");
  expect(conclusion).toBe('failure');
  expect(job('deploy / release').conclusion).toBe('skipped');
  expect(job('deploy / changes').outputs.reason).toMatch(
    /^aws-role is empty, and there are no keys\. Next: .*repository/,
  );
});

test('a chat that cannot be told stops no release, and keeps no other from being told', async () => {
  const stages = ['began', 'is being deployed', 'is being tested'].map((stage) => `Tell Discord that it ${stage}`);
  const answers = {
    'release-plan with images': { ...GOOD['release-plan with images'], migrations: '{}', stages: '{}' },
    'release-plan after the deployment': { checks: '[{"url":"https://desk.example.org"}]', services: '[]' },
  };
  const { conclusion, step } = await deploy(
    answers,
    '',
    [...stages, 'Tell Slack'],
    '\n    secrets: { discord-webhook-url: x }',
  );
  expect(conclusion).toBe('success');
  for (const stage of stages) expect(step('deploy / release', stage).outcome).toBe('failure');
  expect(step('deploy / release', 'smoke').conclusion).toBe('success');
  expect(step('deploy / notify', 'Tell Discord').outcome).toBe('success');
});

describe('of a step that ends without a word', () => {
  const migrating = { ...GOOD['release-plan with images'], migrations: '{}' };
  const asking = { checks: '[{"url":"https://desk.example.org"}]', services: '[{"service":"ward-desk"}]' };
  test.each<[string, Answers, readonly string[], string]>([
    ['Assume the AWS role', {}, ['Assume the AWS role'], 'Nothing was deployed.'],
    ['record', {}, ['record'], 'Nothing was deployed: its step ended without saying why'],
    [
      'migrations',
      { 'release-plan with images': migrating },
      ['migrations'],
      'The migrations failed, and no service was touched: its step ended without saying why',
    ],
    [
      'previous',
      {},
      ['previous'],
      'The run ended before the smoke test had passed: what was deployed serves, and is not proved. Release it again, or go back.',
    ],
    ['deploy', {}, ['deploy'], 'What became of the services is not known: its step ended without saying why'],
    [
      'smoke',
      { 'release-plan after the deployment': asking },
      ['smoke'],
      'The smoke test failed: its step ended without saying why.',
    ],
    [
      'again',
      { 'release-plan after the deployment': asking },
      ['smoke', 'again'],
      'The smoke test failed: its step ended without saying why. What serves again does not answer as it must: its step ended without saying why.',
    ],
  ])('%s, people are told as much as is known', async (_, answers, failAt, said) => {
    const { conclusion, job } = await deploy(answers, '', failAt);
    expect(conclusion).toBe('failure');
    expect(job('deploy / release').outputs.reason?.trim()).toBe(said);
  });
});
