import { parseDuration } from '@hospital-ops/action-kit/duration';
import type { Value } from '@hospital-ops/rehearsal/runner/expressions';
import { evaluateExpression, isTruthy } from '@hospital-ops/rehearsal/runner/expressions';
import { describe, expect, test } from '@jest/globals';
import type { Job } from './workflow-files.ts';
import { suite } from './workflow-files.ts';

const jobOf = (file: string, name: string): Job => {
  const job = suite.find(({ path }) => path.endsWith(`/${file}`))?.workflow.jobs[name];
  if (job === undefined) throw new Error(`${file} has no job "${name}"`);
  return job;
};

/** Returns the value of an expression of a workflow, with or without its braces, as GitHub evaluates it. */
const meaningOf = (expression: string, contexts: Readonly<Record<string, Value>>): Value => {
  const [, inner = expression] = /^\$\{\{(.*)\}\}$/s.exec(expression.trim()) ?? [];
  return evaluateExpression(inner, { contexts, functions: { failure: () => true } }, { file: 'a workflow', line: 1 });
};

const release = jobOf('deploy.yml', 'release');

test('a dry run tells chats nothing while it goes on: nobody would take it back', () => {
  const told = (dryRun: boolean) => {
    const secrets = { 'slack-bot-token': 'x', 'discord-webhook-url': 'x' };
    const inputs = { 'dry-run': dryRun, 'slack-channel': '#ops' };
    const env = Object.fromEntries(
      Object.entries(release.env ?? {})
        .filter(([name]) => name.startsWith('STAGES_TO_'))
        .map(([name, value]) => [name, String(meaningOf(value, { inputs, secrets }))]),
    );
    const steps = {
      migrations: { outcome: 'success' },
      smoke: { outcome: 'failure' },
      previous: { outputs: { checks: '[{}]', services: '[{}]' } },
    };
    const telling = release.steps?.filter(({ uses }) => uses?.startsWith('$/notify-')) ?? [];
    return telling.map(({ if: condition = 'true' }) => isTruthy(meaningOf(condition, { inputs, env, steps })));
  };
  expect(told(false)).toContain(true);
  expect(told(false)).not.toContain(false);
  expect(told(true)).not.toContain(true);
});

describe('the outcome of a release', () => {
  const skipped = { outcome: 'skipped', outputs: {} };
  const deploy = (outcome: string, step = 'success') => ({ deploy: { outcome: step, outputs: { outcome } } });
  const outcomeOf = (status: string, steps: Readonly<Record<string, unknown>>): Value =>
    meaningOf(release.outputs?.outcome ?? '', {
      job: { status },
      steps: { deploy: skipped, previous: skipped, smoke: skipped, back: skipped, again: skipped, ...steps },
    });
  const ended = (outcome: string) => ({ outcome, outputs: {} });

  test.each<[string, string, string, Readonly<Record<string, unknown>>]>([
    ['that went well', 'deployed', 'success', { ...deploy('deployed'), smoke: ended('success') }],
    ['where nothing differs', 'unchanged', 'success', { ...deploy('unchanged'), smoke: ended('success') }],
    ['that waits at a hook', 'paused', 'success', deploy('paused')],
    ['that ECS took back', 'rolled-back', 'failure', deploy('rolled-back', 'failure')],
    ['that was cancelled while it was deployed', 'cancelled', 'cancelled', deploy('cancelled', 'cancelled')],
    ['that ended before the deployment', '', 'failure', {}],
    ['that was cancelled before the deployment', '', 'cancelled', {}],
    [
      'that went back after its smoke test',
      'rolled-back',
      'failure',
      { ...deploy('deployed'), smoke: ended('failure'), back: ended('success') },
    ],
    [
      'whose way back failed',
      'rollback-failed',
      'failure',
      { ...deploy('deployed'), smoke: ended('failure'), back: ended('failure') },
    ],
    [
      'whose smoke test failed, with nothing to go back to',
      'failed',
      'failure',
      { ...deploy('deployed'), smoke: ended('failure') },
    ],
    ['whose smoke test was cancelled', 'cancelled', 'cancelled', { ...deploy('deployed'), smoke: ended('cancelled') }],
    ['that was cancelled before its smoke test', 'cancelled', 'cancelled', deploy('deployed')],
    [
      'that was cancelled on its way back',
      'cancelled',
      'cancelled',
      { ...deploy('deployed'), smoke: ended('failure'), back: ended('cancelled') },
    ],
    [
      'whose smoke test could not be planned',
      'failed',
      'failure',
      { ...deploy('deployed'), previous: ended('failure') },
    ],
  ])('%s is "%s"', (_, outcome, status, steps) => {
    expect(outcomeOf(status, steps)).toBe(outcome);
  });
});

describe('why nothing was deployed, or did not stay,', () => {
  const step = (outcome: string, outputs: Readonly<Record<string, string>> = {}) => ({ outcome, outputs });
  const skipped = step('skipped');
  const names = ['unproved', 'target', 'targets', 'record', 'migrations', 'deploy', 'claim', 'smoke', 'again', 'back'];
  const reasonOf = (status: string, steps: Readonly<Record<string, unknown>>): Value =>
    meaningOf(release.outputs?.reason ?? '', {
      job: { status },
      steps: { ...Object.fromEntries(names.map((name) => [name, skipped])), ...steps },
    });
  const migrations = step('success');
  const refused = { services: '[]', reason: 'the image is not there.' };
  const lost = { services: '', reason: 'an unexpected error.' };
  test.each<[string, string, Readonly<Record<string, unknown>>, string]>([
    ['of a success is empty', 'success', { migrations, deploy: step('success', { services: '[{}]' }) }, ''],
    [
      'where ecs-deploy refused says so',
      'failure',
      { deploy: step('failure', refused) },
      'No service was touched: the image is not there. ',
    ],
    [
      'where ecs-deploy lost sight says so, and that the database stays migrated',
      'failure',
      { migrations, deploy: step('failure', lost) },
      'What became of the services is not known: an unexpected error. The database stays migrated.',
    ],
    ['of a release that services tell of is theirs', 'failure', { deploy: step('failure', { services: '[{}]' }) }, ''],
    [
      'of one that was cancelled before says how far it came',
      'cancelled',
      {},
      'Cancelled before any service was touched. ',
    ],
    [
      'of one that was cancelled in its migrations says how far they came',
      'cancelled',
      { migrations: step('cancelled', { reason: 'the task was stopped.' }) },
      'Cancelled in the migrations, and no service was touched: the task was stopped.',
    ],
  ])('%s', (_, status, steps, reason) => {
    expect(reasonOf(status, steps)).toBe(reason);
  });
});

test('a roll-back that did not come about is told as one', () => {
  const text = (result: string) =>
    meaningOf(String(jobOf('deploy.yml', 'notify').env?.TEXT), {
      inputs: { services: '', 'rollback-to': 'previous' },
      needs: {
        changes: { result: 'success', outputs: { services: '["api"]', version: '1.0.0', reason: '' } },
        release: { result, outputs: { outcome: 'x', reason: result === 'success' ? '' : 'It is older.' } },
      },
    });
  expect(text('success')).toBe('A roll-back to 1.0.0 that was asked for. ');
  expect(text('failure')).toBe('The roll-back to 1.0.0 that was asked for did not succeed. It is older.');
});

test('of a release that was refused its approval it is told that nothing was deployed', () => {
  const text = (outputs: Readonly<Record<string, string>>) =>
    meaningOf(String(jobOf('deploy.yml', 'notify').env?.TEXT), {
      inputs: { services: '', 'rollback-to': '' },
      needs: {
        changes: { result: 'success', outputs: { services: '["api"]', version: '1.0.0', reason: '' } },
        release: { result: 'failure', outputs },
      },
    });
  expect(text({})).toMatch(/^Nothing was deployed: the release did not begin\. Its approval was refused, or/);
  expect(text({ outcome: 'failed', reason: '' })).toBe('');
});

test('of a roll-back that went back itself it is not told that it was rolled back', () => {
  const title = (to: string, result: string) =>
    meaningOf(String(jobOf('deploy.yml', 'notify').env?.TITLE), {
      github: { event: { repository: { name: 'ward' } } },
      inputs: { environment: 'production', 'rollback-to': to },
      needs: { changes: { outputs: { version: '1.0.0' } }, release: { result } },
    });
  expect(title('previous', 'failure')).toBe('ward: the roll-back of production to 1.0.0 failed');
  expect([title('', 'failure'), title('previous', 'success')]).toEqual(['', '']);
});

test('the reason of a hotfix or roll-back is a field of its message, whatever stands in it', () => {
  const fields = (reason: string) =>
    meaningOf(String(jobOf('deploy.yml', 'notify').env?.FIELDS), { inputs: { reason } });
  const reason = 'INC-204: "orders" {0}\n- x: y';
  expect(JSON.parse(String(fields(reason)))).toEqual({ Reason: reason });
  expect(fields('')).toBe('');
});

test('a release is planned for the time that its job has, and what goes back for any', () => {
  const { with: given = {} } = jobOf('deploy.yml', 'changes').steps?.find(({ id }) => id === 'plan') ?? {};
  const limit = (target: string) => meaningOf(String(given['time-limit']), { inputs: { 'rollback-to': target } });
  expect(parseDuration(String(limit('')))).toBe(Number(release['timeout-minutes']) * 60);
  expect(limit('previous')).toBe('');
});

test('a hotfix deploys the commit that was checked, wherever its branch has moved since', () => {
  const checked = '1'.repeat(40);
  const { ref } = jobOf('hotfix.yml', 'deploy').with ?? {};
  const contexts = { inputs: { ref: 'hotfix/door' }, needs: { check: { outputs: { sha: checked } } } };
  expect(meaningOf(String(ref), contexts)).toBe(checked);
});
