import { createMemoryLog } from '@hospital-ops/action-kit/log';
import type { DiscordPayload } from '@hospital-ops/chat/discord/render';
import { discordMistakes } from '@hospital-ops/rehearsal/chat/discord-rules';
import { shownByDiscord } from '@hospital-ops/rehearsal/chat/preview';
import { expect, test } from '@jest/globals';
import { parseDiscordInputs } from '../../actions/notify-discord/src/inputs.ts';
import { runNotifyDiscord } from '../../actions/notify-discord/src/run.ts';

const WEBHOOK = 'https://discord.com/api/webhooks/123456789012345678/abcDEF0123456789';
const RUN = {
  repository: 'rivercare/hospital-ops',
  workflow: 'Deploy production',
  refName: 'v1.1.0',
  sha: '',
  actor: 'asha',
  runNumber: 7,
  runUrl: 'https://github.com/rivercare/hospital-ops/actions/runs/99',
  serverUrl: 'https://github.com',
};

const run = async (given: Record<string, string>) => {
  const calls: Array<[call: string, payload: DiscordPayload]> = [];
  const log = createMemoryLog();
  const inputs = parseDiscordInputs(new Map(Object.entries({ 'webhook-url': WEBHOOK, ...given })), () => '');
  const result = await runNotifyDiscord(inputs, {
    transport: {
      post: async (payload) => {
        calls.push(['post', payload]);
        return '222222222222222222';
      },
      update: async (id, payload) => {
        calls.push([`update ${id}`, payload]);
        return id;
      },
      reply: async (id, payload) => {
        calls.push([`reply ${id}`, payload]);
        return '333333333333333333';
      },
      threads: () => false,
      postedAt: () => undefined,
    },
    run: RUN,
    failedJobs: undefined,
    changelog: undefined,
    startedAt: undefined,
    now: () => 0,
    redact: (text) => text,
    log,
  });
  const [[call = '', payload] = []] = calls;
  expect(discordMistakes(JSON.parse(JSON.stringify(payload)))).toEqual([]);
  return { call, payload, result, lines: shownByDiscord(JSON.parse(JSON.stringify(payload))).lines };
};

test('a failed service is told with its log, and what serves is not invented', async () => {
  const result = JSON.stringify([{ name: 'api', outcome: 'rollback-failed', log: ['a', 'b `@everyone`'] }]);
  const { lines, call, result: told } = await run({ status: 'failure', environment: 'production', result });
  expect(call).toBe('post');
  expect(told.outputs).toEqual({ sent: 'true', 'message-id': '222222222222222222', error: '' });
  expect(lines[0]).toBe('🔥 hospital-ops v1.1.0 → production: could not be rolled back');
  expect(lines).toEqual(expect.arrayContaining(['Serving now: not known', 'b `@everyone`', 'By: asha']));
});

test('long reasons are told whole where there is room: of a roll-back, and of a service that left no log', async () => {
  const [asked, stopped] = [`${'orders are refused '.repeat(51)}since ten`, `${'a task stopped '.repeat(45)}again`];
  const result = JSON.stringify([{ name: 'api', outcome: 'failed', reason: stopped }]);
  const { lines } = await run({ status: 'failure', fields: JSON.stringify({ Reason: asked }), result });
  expect(lines).toEqual(expect.arrayContaining([expect.stringContaining(asked), expect.stringContaining(stopped)]));
});

test('with a message-id that message is updated', async () => {
  const { call, result } = await run({ status: 'success', 'message-id': '111111111111111111' });
  expect(call).toBe('update 111111111111111111');
  expect(result.outputs['message-id']).toBe('111111111111111111');
});

test('users and roles are mentioned by name, and nothing is parsed', async () => {
  const mentions = '100000000000000001 role:100000000000000002';
  const { payload } = await run({
    status: 'timeout',
    'mention-on-failure': mentions,
    text: '@everyone <@100000000000000003>',
  });
  expect(payload?.content).toBe('<@100000000000000001> <@&100000000000000002>');
  expect(payload?.allowed_mentions).toEqual({
    parse: [],
    users: ['100000000000000001'],
    roles: ['100000000000000002'],
  });
});

test('a message-id that is none is left aside, and a new message is posted', async () => {
  const { call, result } = await run({ status: 'success', 'message-id': '../1' });
  expect([call, result.outputs.sent]).toEqual(['post', 'true']);
});
