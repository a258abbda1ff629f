import { OpsError } from '@hospital-ops/action-kit/errors';
import { createMemoryLog } from '@hospital-ops/action-kit/log';
import { Secrets } from '@hospital-ops/action-kit/secrets';
import type { RunFacts } from '@hospital-ops/chat/compose';
import type { SlackPayload } from '@hospital-ops/chat/slack/render';
import { shownBySlack } from '@hospital-ops/rehearsal/chat/preview';
import { slackProblem } from '@hospital-ops/rehearsal/chat/slack-rules';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parseSlackInputs } from '../../actions/notify-slack/src/inputs.ts';
import { outputs, runNotifySlack } from '../../actions/notify-slack/src/run.ts';

const WEBHOOK = 'https://hooks.slack.com/services/T1/B1/abcDEF0123456789';
const RUN: RunFacts = {
  repository: 'rivercare/hospital-ops',
  workflow: 'Deploy production',
  refName: 'v1.1.0',
  sha: '0123456789abcdef0123456789abcdef01234567',
  actor: 'asha',
  runNumber: 7,
  runUrl: 'https://github.com/rivercare/hospital-ops/actions/runs/99',
  serverUrl: 'https://github.com',
};
const ARN = 'arn:aws:ecs:ap-south-1:123456789012:task-definition/hospital-ops-production-api';
const ROLLED_BACK = JSON.stringify([
  {
    name: 'api',
    outcome: 'rolled-back',
    reason: '3 of 3 new tasks stopped: container "api" exited 1',
    old: { 'task-definition': `${ARN}:41`, version: '1.0.0' },
    new: { 'task-definition': `${ARN}:42`, version: '1.1.0' },
    serving: { 'task-definition': `${ARN}:41`, version: '1.0.0' },
    log: ['starting', 'Error: DB_URL is not set, token hunter2hunter2'],
    'duration-seconds': 192,
  },
  { name: 'web', outcome: 'unchanged', serving: { version: '1.0.0' }, log: [] },
]);

let sent: SlackPayload[];
let log: ReturnType<typeof createMemoryLog>;
beforeEach(() => {
  sent = [];
  log = createMemoryLog();
});
afterEach(() => {
  for (const payload of sent) expect(slackProblem(JSON.parse(JSON.stringify(payload)))).toBeUndefined();
});

const lines = () => shownBySlack(JSON.parse(JSON.stringify(sent[0]))).lines;

const run = (given: Record<string, string>, failing?: OpsError) => {
  const secrets = new Secrets();
  secrets.add('hunter2hunter2');
  const inputs = parseSlackInputs(
    new Map(Object.entries({ 'failed-jobs': 'true', 'fail-on-error': 'false', ...given })),
    () => '',
  );
  const transport = {
    post: async (payload: SlackPayload) => {
      if (failing) throw failing;
      sent.push(payload);
      return '';
    },
    update: undefined,
    reply: undefined,
    threads: () => false,
    postedAt: () => undefined,
  };
  return runNotifySlack(inputs, {
    transport: inputs.webhook ? transport : undefined,
    run: RUN,
    failedJobs: async () => [{ name: 'release / deploy', url: `${RUN.runUrl}/job/5`, step: 'Deploy to ECS' }],
    changelog: async (from) => ({
      from,
      behind: 0,
      entries: [{ sha: RUN.sha, subject: 'Fix <!here> triage', author: 'ravi', url: undefined }],
      total: 12,
      url: undefined,
    }),
    startedAt: async () => 0,
    now: () => 252_000,
    redact: (text) => secrets.redact(text),
    log,
  });
};

const release = { 'webhook-url': WEBHOOK, environment: 'production', version: '1.1.0' };

test('a rollback is told with what serves now, why, and the last log lines', async () => {
  const result = await run({ ...release, status: 'failure', result: ROLLED_BACK });
  expect(result.outputs).toEqual({ sent: 'true', 'message-id': '', error: '' });
  expect(lines()[0]).toBe('↩️ hospital-ops 1.1.0 → production: rolled back');
  expect(lines()).toEqual(
    expect.arrayContaining([
      'Serving now: 1.0.0 (api, web)',
      'Run took: 4m12s',
      'By: asha',
      '↩️ api: rolled back after 3m12s',
      '1.0.0 (hospital-ops-production-api:41) → 1.1.0 (:42)',
      'Serving now: 1.0.0 (hospital-ops-production-api:41)',
      '3 of 3 new tasks stopped: container "api" exited 1',
      'Error: DB_URL is not set, token ***',
      `• release / deploy (${RUN.runUrl}/job/5) at Deploy to ECS`,
    ]),
  );
});

test('a release that knows how long it took says that, not how long its run lasted', async () => {
  await run({ ...release, status: 'deployed', duration: '26' });
  expect(lines()).toContain('Duration: 26s');
  expect(lines().join()).not.toContain('Run took');
});

test('a success says what was deployed, and asks for no failed jobs', async () => {
  await run({ ...release, status: 'deployed' });
  expect(lines()[0]).toBe('✅ hospital-ops 1.1.0 → production: deployed');
  expect(lines().join('\n')).not.toContain('Failed jobs');
});

test('changes since the previous deployment are listed, and counted where not all are', async () => {
  await run({ ...release, status: 'success', 'changelog-from': 'v1.0.0' });
  expect(lines()).toEqual(
    expect.arrayContaining(['12 changes since v1.0.0', '• 0123456 Fix <!here> triage – ravi', '+11 more']),
  );
});

test('without a status the outcome is unknown', async () => {
  await run(release);
  expect(lines()[0]).toContain('outcome unknown');
});

test('nothing configured: a notice, and success', async () => {
  const result = await run({ status: 'failure' });
  expect(result.failure).toBeUndefined();
  expect(result.outputs).toEqual({ sent: 'false', 'message-id': '', error: '' });
  expect(log.lines).toEqual([expect.stringMatching(/^notice: No Slack webhook/)]);
});

test.each([
  ['no JSON', 'oops'],
  ['a foreign shape', '{"api":"deployed"}'],
  ['an item of another kind', '[null, 3, {"name": ["x"]}]'],
])('a result that is %s is a warning, and the message is sent', async (_, result) => {
  const { outputs: told } = await run({ ...release, status: 'failure', result });
  expect(told.sent).toBe('true');
  expect(log.lines.some((line) => line.startsWith('warning: `result`'))).toBe(true);
});

describe('a message that could not be sent', () => {
  const failing = new OpsError({ what: 'Slack refused the message (HTTP 404, no_service).', why: 'it was revoked.' });

  test('is a warning', async () => {
    const result = await run({ ...release, status: 'success' }, failing);
    expect(result.failure).toBeUndefined();
    expect(result.outputs).toMatchObject({ sent: 'false', error: expect.stringContaining('no_service') });
    expect(log.lines.some((line) => line.startsWith('warning: Slack refused'))).toBe(true);
  });

  test('fails the step where that was asked for', async () => {
    const result = await run({ ...release, status: 'success', 'fail-on-error': 'true' }, failing);
    expect(result.failure).toBe(failing);
    expect(result.outputs.sent).toBe('false');
  });
});

test('people are mentioned on a failure only', async () => {
  const given = { ...release, 'mention-on-failure': 'U0123456, S0123456' };
  await run({ ...given, status: 'success' });
  await run({ ...given, status: 'rolled-back' });
  const [quiet = '', loud = ''] = sent.map((payload) => JSON.stringify(payload));
  expect(quiet).not.toContain('U0123456');
  expect(loud).toContain('<@U0123456> <!subteam^S0123456>');
});

test('every output is always there', async () => {
  const { outputs: told } = await run(release);
  expect(Object.keys(told).sort()).toEqual([...outputs].sort());
});
