import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { rehearse } from '../support/rehearse.ts';
import { lastLine, messages, serving } from '../support/rehearsed.ts';
import { describeInCi, everyNth, testInCi } from '../support/thorough.ts';
import { CHANGED, pipeline, wardIn } from '../support/ward.ts';

const temp = mkdtempSync(join(tmpdir(), 'strategies-'));

afterAll(() => rmSync(temp, { recursive: true, force: true }));

const RULE = 'arn:aws:elasticloadbalancing:ap-south-1:123456789012:listener-rule/app/ward/1/2/3';

const STRATEGIES = {
  'blue-green': '{ type: blue-green, bake-time: 1m, gate-alarms: [desk-5xx] }',
  linear: '{ type: linear, percent: 50, bake-time: 1m, gate-alarms: [desk-5xx] }',
  'weighted-canary': `{ type: weighted-canary, percent: "20,50", bake-time: 2s, gate-alarms: [desk-5xx], canary-service: "{project}-{environment}-{service}-canary", listener-rule: "${RULE}" }`,
} as const;

const release = (strategy: keyof typeof STRATEGIES, ...args: readonly string[]) => {
  const file = `${pipeline('desk')}    strategy: { desk: ${STRATEGIES[strategy]} }\n`;
  return rehearse('--repo', wardIn(temp, { '.github/hospital-ops.yml': file }, CHANGED), ...args);
};

const OLD = ['ward-production-desk 1.0.0 ward-production-desk:1 2/2 tasks'];
const NEW = ['ward-production-desk 1.1.0 ward-production-desk:2 2/2 tasks'];

testInCi.each(['blue-green', 'linear', 'weighted-canary'] as const)(
  'a release by %s brings the new version out',
  async (strategy) => {
    const run = await release(strategy);
    expect(lastLine(run)).toContain('✓ deploy-production succeeded (deployed)');
    expect(serving(run)).toEqual(NEW);
    expect(run.exitCode).toBe(0);
    expect(run.leftovers).toEqual([]);
  },
);

describe.each(everyNth(2, ['blue-green', 'weighted-canary'] as const))('a release by %s', (strategy) => {
  test('goes back when its alarm fires, and says which', async () => {
    const run = await release(strategy, '--fault', 'desk:alarm-fires');
    expect(lastLine(run)).toContain('✗ deploy-production failed (rolled-back)');
    expect(lastLine(run)).not.toContain('Left behind');
    expect(serving(run)).toEqual(OLD);
    expect(run.output).toContain('gate alarm "desk-5xx" is in ALARM');
    expect(run.exitCode).toBe(1);
    expect(run.leftovers).toEqual([]);
  });

  testInCi('that is cancelled goes back', async () => {
    const run = await release(strategy, '--cancel-at', 'Deploy');
    expect(lastLine(run)).toContain('deploy-production was cancelled');
    expect(lastLine(run)).not.toContain('Left behind');
    expect(serving(run)).toEqual(OLD);
    expect(run.leftovers).toEqual([]);
  });
});

describeInCi('a release by the canary of the sample hospital', () => {
  test('goes back on every service when the new version answers 500 to the tenth of the people who meet it', async () => {
    const run = await rehearse('deploy-production', '--fault', 'api:5xx-after-deploy');
    expect(lastLine(run)).toContain('✗ deploy-production failed (rolled-back)');
    expect(messages(run).discord).toContain('hospital-ops-production-api-5xx');
    expect(serving(run).map((line) => line.split(' ')[1])).toEqual(['1.0.0', '1.0.0', '1.0.0']);
    expect(run.leftovers).toEqual([]);
  });

  test('that a hook holds is told as paused, and nothing is claimed of the new version', async () => {
    const run = await rehearse('deploy-production', '--fault', 'api:hook-pauses');
    expect(lastLine(run)).toContain('✓ deploy-production succeeded (paused)');
    expect(lastLine(run)).not.toContain('does not hold');
    expect(serving(run)[0]).toBe('hospital-ops-production-api 1.0.0 hospital-ops-production-api:1 4/2 tasks');
    expect(messages(run).slack).toContain('paused');
    expect(run.exitCode).toBe(0);
  });
});

test.each([
  ['an alarm where there is none', ['--fault', 'web:alarm-fires'], /"web" has no `gate-alarms`/],
  ['stages where there are none', ['--fault', 'web:hook-pauses'], /"web" has no such strategy/],
])('a fault that needs %s is refused before anything starts', async (_, args, message) => {
  const run = await rehearse('deploy-production', ...args);
  expect(run.output).toMatch(message);
  expect(run.exitCode).toBe(1);
});
