import { OpsError } from '@hospital-ops/action-kit/errors';
import { createMemoryLog } from '@hospital-ops/action-kit/log';
import { renderDiscord } from '@hospital-ops/chat/discord/render';
import { createDiscordWebhook } from '@hospital-ops/chat/discord/webhook';
import { createBudget } from '@hospital-ops/chat/http/deliver';
import { deliveryPorts } from '@hospital-ops/chat/http/ports';
import type { ChatMessage } from '@hospital-ops/chat/message';
import { createSlackBot } from '@hospital-ops/chat/slack/bot';
import { renderSlack } from '@hospital-ops/chat/slack/render';
import { createSlackWebhook } from '@hospital-ops/chat/slack/webhook';
import type { ChatStatus } from '@hospital-ops/chat/status';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { Loopback, Step } from './loopback.ts';
import { answer, reset, startLoopback } from './loopback.ts';

const TOKEN = 'abcDEF0123456789secret';
const SLACK_PATH = `/services/T1/B1/${TOKEN}`;
const DISCORD_PATH = `/api/webhooks/123456789012345678/${TOKEN}`;

const MESSAGE: ChatMessage = {
  status: 'deployed',
  title: 'hospital-ops 1.1.0 → production: deployed',
  text: undefined,
  fields: [{ name: 'Outcome', value: 'deployed' }],
  services: [],
  failedJobs: [],
  changelog: undefined,
  links: [],
  footer: '',
  mentions: [],
};

const open: Loopback[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

const start = async (path: string, ...steps: readonly Step[]) => {
  const server = await startLoopback(path, steps);
  open.push(server);
  return server;
};

const slack = (server: Loopback) => createSlackWebhook(server.url, server.ports).post(renderSlack(MESSAGE));
const discord = (server: Loopback) => createDiscordWebhook(server.url, server.ports).post(renderDiscord(MESSAGE));
const edit = (server: Loopback) =>
  createDiscordWebhook(server.url, server.ports).update?.('111111111111111111', renderDiscord(MESSAGE));

const refusalOf = async (sending: Promise<unknown> | undefined): Promise<string> => {
  const error = await (sending ?? Promise.resolve()).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(OpsError);
  const { what, why, next, stack, cause } = error as OpsError;
  const said = [what, why, next].join(' ');
  expect(`${said} ${stack} ${JSON.stringify(cause)}`).not.toContain(TOKEN);
  return said;
};

describe('a rate limit is waited out for as long as it asks', () => {
  test.each<[string, Record<string, string>, string, number]>([
    ['whole seconds', { 'retry-after': '2' }, '', 2_000],
    ['a float', { 'retry-after': '0.45' }, '', 450],
    ['an HTTP date', { 'retry-after': new Date(Date.UTC(2026, 0, 1, 0, 0, 7)).toUTCString() }, '', 7_000],
    ['the JSON body of Discord', {}, '{"message":"slow","retry_after":1.337,"global":false}', 1_337],
    ['header and body, the longer of them', { 'retry-after': '3' }, '{"retry_after":0.2}', 3_000],
    ['nothing', {}, '', 1_000],
    ['nothing that can be read', { 'retry-after': 'soon' }, 'x', 1_000],
  ])('said by %s', async (_, headers, body, waited) => {
    const server = await start(SLACK_PATH, answer(429, body, headers), answer(200, 'ok'));
    await slack(server);
    expect(server.clock.sleeps).toEqual([waited]);
    expect(server.bodies).toHaveLength(2);
  });

  test('but not beyond the minute that a step gives to it', async () => {
    const server = await start(SLACK_PATH, answer(429, '', { 'retry-after': '2285' }));
    const refusal = await refusalOf(slack(server));
    expect(refusal).toContain('38m05s');
    expect(refusal).toContain('send fewer messages');
    expect(server.clock.sleeps).toEqual([]);
  });

  test('and the minute is for all that a step sends', async () => {
    const server = await start(
      SLACK_PATH,
      answer(429, '', { 'retry-after': '40' }),
      answer(200, 'ok'),
      answer(429, '', { 'retry-after': '40' }),
    );
    const webhook = createSlackWebhook(server.url, { ...server.ports, left: createBudget(server.clock) });
    await webhook.post(renderSlack(MESSAGE));
    expect(await refusalOf(webhook.post(renderSlack(MESSAGE)))).toContain('longer than this step waits');
    server.clock.advance(60_000);
    expect(await refusalOf(webhook.post(renderSlack(MESSAGE)))).toContain('is over');
    expect(server.bodies).toHaveLength(3);
  });

  test('but ten seconds where a release waits for the message of its stage', async () => {
    const server = await start(SLACK_PATH, answer(429, '', { 'retry-after': '12' }), answer(200, 'ok'));
    const kit = { env: {}, log: createMemoryLog(), clock: server.clock, signal: new AbortController().signal };
    const post = (status: ChatStatus) => {
      const { left = () => 0 } = deliveryPorts(kit, status);
      return createSlackWebhook(server.url, { ...server.ports, left }).post(renderSlack(MESSAGE));
    };
    expect(await refusalOf(post('in-progress'))).toContain('longer than this step waits');
    await post('deployed');
    expect(server.clock.sleeps).toEqual([]);
    expect(server.bodies).toHaveLength(2);
  });

  test('nor without end', async () => {
    const server = await start(DISCORD_PATH, answer(429, '{"retry_after":0}'));
    await refusalOf(discord(server));
    expect(server.bodies.length).toBeLessThanOrEqual(11);
  });
});

describe('failures of the other side', () => {
  test('5xx is tried again, four times in all', async () => {
    const server = await start(SLACK_PATH, answer(503));
    expect(await refusalOf(slack(server))).toContain('HTTP 503');
    expect(server.bodies).toHaveLength(4);
  });

  test('5xx and then success is success', async () => {
    const server = await start(DISCORD_PATH, answer(500), answer(200, '{"id":"42"}'));
    expect(await discord(server)).toBe('42');
  });

  test.each<[string, Step]>([
    ['a reset after the request was read', reset],
    ['a gateway that gave up waiting', answer(504)],
  ])('%s: a post is not sent again, and it is said that nobody knows', async (_, step) => {
    const server = await start(DISCORD_PATH, step);
    expect(await refusalOf(discord(server))).toContain('not known whether');
    expect(server.bodies).toHaveLength(1);
  });

  test('an update may be sent again: the second changes nothing', async () => {
    const server = await start(DISCORD_PATH, reset, answer(504), answer(200, '{"id":"111111111111111111"}'));
    expect(await edit(server)).toBe('111111111111111111');
    expect(server.bodies).toHaveLength(3);
  });

  test('nobody listens: tried again, and certainly not sent', async () => {
    const server = await start(SLACK_PATH, answer(200, 'ok'));
    await server.close();
    expect(await refusalOf(slack(server))).toContain('ECONNREFUSED');
    expect(server.clock.sleeps).toHaveLength(3);
  });

  test('no answer in time: not sent again', async () => {
    const server = await start(SLACK_PATH, () => undefined);
    const { send } = server.ports;
    const ports = {
      ...server.ports,
      send: (request: Parameters<typeof send>[0]) => send({ ...request, timeoutMs: 50 }),
    };
    const said = await refusalOf(createSlackWebhook(server.url, ports).post(renderSlack(MESSAGE)));
    expect(said).toContain('no answer came');
    expect(server.bodies).toHaveLength(1);
  });

  test('a redirect is not followed', async () => {
    const elsewhere = await start('/', answer(200, 'ok'));
    const server = await start(SLACK_PATH, answer(307, '', { location: elsewhere.url.href }));
    expect(await refusalOf(slack(server))).toContain('redirect');
    expect(elsewhere.bodies).toEqual([]);
    expect(server.bodies).toHaveLength(1);
  });
});

describe('an answer of 200 is not enough', () => {
  test.each<[string, string, string]>([
    ['ok: false', '{"ok":false,"error":"no_service"}', 'no_service'],
    ["a proxy's page", '<html>welcome</html>', 'HTTP 200'],
    ['an empty answer', '', 'HTTP 200'],
  ])('Slack: %s is a failure', async (_, body, said) => {
    const server = await start(SLACK_PATH, answer(200, body));
    expect(await refusalOf(slack(server))).toContain(said);
  });

  test('Discord: without the id of a saved message it is a failure', async () => {
    const server = await start(DISCORD_PATH, answer(204));
    await refusalOf(discord(server));
  });
});

describe('refusals are explained', () => {
  test.each([
    [404, 'no_service', 'create it anew'],
    [410, 'channel_is_archived', 'archived'],
    [400, `bad https://hooks.slack.com${SLACK_PATH}`, '(address)'],
  ])('Slack: %s %s', async (status, body, said) => {
    const server = await start(SLACK_PATH, answer(status, body));
    expect(await refusalOf(slack(server))).toContain(said);
    expect(server.bodies).toHaveLength(1);
  });

  test.each([
    [404, '{"code":10015,"message":"Unknown Webhook"}', 'create it anew'],
    [400, '{"code":220001,"message":"Webhooks posted to forum channels need a thread"}', 'thread_id'],
    [400, '{"code":99,"message":"Something else"}', 'Something else'],
  ])('Discord: %s %s', async (status, body, said) => {
    const server = await start(DISCORD_PATH, answer(status, body));
    expect(await refusalOf(discord(server))).toContain(said);
  });
});

test('Discord is asked to wait until the message is saved, and its thread is kept', async () => {
  const asked: (string | undefined)[] = [];
  const step: Step = (response, request) => {
    asked.push(`${request.method} ${request.url}`);
    answer(200, '{"id":"111111111111111111"}')(response, request);
  };
  const server = await start(`${DISCORD_PATH}?thread_id=7`, step);
  await discord(server);
  await edit(server);
  expect(asked).toEqual([
    `POST ${DISCORD_PATH}?thread_id=7&wait=true`,
    `PATCH ${DISCORD_PATH}/messages/111111111111111111?thread_id=7`,
  ]);
});

test('a bot posts, and updates what it posted', async () => {
  const calls: unknown[] = [];
  const step: Step = (response, request) => {
    calls.push([request.url, request.headers.authorization]);
    answer(200, '{"ok":true,"channel":"C0123ABCD","ts":"1712345678.000100"}')(response, request);
  };
  const server = await start('/api/', step);
  const bot = createSlackBot('xoxb-1', '#releases', server.ports, server.url.href);
  const id = await bot.post(renderSlack(MESSAGE));
  expect(id).toBe('C0123ABCD/1712345678.000100');
  expect(await bot.update?.(id, renderSlack(MESSAGE))).toBe(id);
  expect(calls).toEqual([
    ['/api/chat.postMessage', 'Bearer xoxb-1'],
    ['/api/chat.update', 'Bearer xoxb-1'],
  ]);
  expect(JSON.parse(server.bodies[1] ?? '')).toMatchObject({ channel: 'C0123ABCD', ts: '1712345678.000100' });
});
