import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startChat } from '@hospital-ops/rehearsal/chat/chat';
import { afterEach, describe, expect, test } from '@jest/globals';

const SLACK = '/services/T1/B1/token';
const DISCORD = '/api/webhooks/123456789012345678/token';

const servers: Array<{ close(): void; closeAllConnections(): void }> = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

const start = async (options: Parameters<typeof startChat>[0] = {}) => {
  const chat = startChat(options);
  const call = async (host: string, path: string, body: unknown, more: RequestInit = {}) => {
    const handler = chat.route(host);
    if (handler === undefined) throw new Error(`no handler for ${host}`);
    const server = createServer(handler);
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
    const answer = await fetch(url, { method: 'POST', body: JSON.stringify(body), ...more });
    return { status: answer.status, headers: answer.headers, body: await answer.text() };
  };
  return { chat, call };
};

test('it answers for the hosts of both services and for no other', () => {
  const chat = startChat();
  expect(chat.hosts).toEqual(expect.arrayContaining(['hooks.slack.com', 'slack.com', 'discord.com']));
  expect(chat.route('example.org')).toBeUndefined();
});

describe('Slack webhook', () => {
  const section = (text: string) => ({ type: 'section', text: { type: 'mrkdwn', text } });

  test.each<[string, unknown, number, string]>([
    ['text', { text: 'hello' }, 200, 'ok'],
    ['3,000 characters in a section', { blocks: [section('x'.repeat(3_000))] }, 200, 'ok'],
    ['3,001 characters in a section', { blocks: [section('x'.repeat(3_001))] }, 400, 'invalid_blocks'],
    ['51 blocks', { blocks: Array.from({ length: 51 }, () => section('x')) }, 400, 'invalid_blocks'],
    ['an empty section', { blocks: [section('')] }, 400, 'invalid_blocks'],
    [
      'a header in mrkdwn',
      { blocks: [{ type: 'header', text: { type: 'mrkdwn', text: 'x' } }] },
      400,
      'invalid_blocks',
    ],
    ['an unknown block', { blocks: [{ type: 'poem' }] }, 400, 'invalid_blocks'],
    [
      'more than a message holds',
      { blocks: Array.from({ length: 5 }, () => section('x'.repeat(2_900))) },
      400,
      'msg_blocks_too_long',
    ],
    ['nothing', {}, 400, 'no_text'],
    ['no object', [], 400, 'invalid_payload'],
  ])('%s', async (_, payload, status, body) => {
    const { call, chat } = await start();
    expect(await call('hooks.slack.com', SLACK, payload)).toMatchObject({ status, body });
    expect(chat.messages()).toHaveLength(status === 200 ? 1 : 0);
    expect(chat.requests()).toHaveLength(1);
  });

  test('an unknown webhook is no service', async () => {
    const { call } = await start({ knows: () => false });
    expect(await call('hooks.slack.com', SLACK, { text: 'x' })).toMatchObject({ status: 404, body: 'no_service' });
  });

  test('more than a short burst is limited, and a second later there is room again', async () => {
    let now = 0;
    const { call } = await start({ now: () => now });
    const statuses = async (count: number) => {
      const all: number[] = [];
      for (let at = 0; at < count; at += 1) all.push((await call('hooks.slack.com', SLACK, { text: 'x' })).status);
      return all;
    };
    expect(await statuses(4)).toEqual([200, 200, 200, 429]);
    now += 1_000;
    const { status } = await call('hooks.slack.com', SLACK, { text: 'x' });
    expect(status).toBe(200);
    const limited = await call('hooks.slack.com', SLACK, { text: 'x' });
    expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '1']);
  });
});

describe('Slack Web API', () => {
  const headers = { authorization: 'Bearer xoxb-1' };

  test('posts, and updates what was posted', async () => {
    const { call, chat } = await start();
    const posted = await call('slack.com', '/api/chat.postMessage', { channel: 'C0123ABCD', text: 'one' }, { headers });
    const { ts } = JSON.parse(posted.body) as { ts: string };
    await call('slack.com', '/api/chat.update', { channel: 'C0123ABCD', ts, text: 'two' }, { headers });
    expect(chat.messages()).toMatchObject([{ channel: 'C0123ABCD', id: ts, updates: 1, lines: ['two'] }]);
  });

  test.each<[string, string, unknown, RequestInit, string]>([
    ['no token', 'chat.postMessage', { channel: 'C0123ABCD', text: 'x' }, {}, 'not_authed'],
    [
      'another message',
      'chat.update',
      { channel: 'C0123ABCD', ts: '1.2', text: 'x' },
      { headers },
      'message_not_found',
    ],
    ['a name to update by', 'chat.update', { channel: '#x', ts: '1.2', text: 'x' }, { headers }, 'channel_not_found'],
    ['no text', 'chat.postMessage', { channel: 'C0123ABCD' }, { headers }, 'no_text'],
  ])('%s: 200 with ok: false', async (_, method, payload, more, error) => {
    const { call } = await start();
    const { status, body } = await call('slack.com', `/api/${method}`, payload, more);
    expect([status, JSON.parse(body)]).toEqual([200, { ok: false, error }]);
  });

  test('another method is refused by name', async () => {
    const { call } = await start();
    const { status, body } = await call('slack.com', '/api/users.list', {}, { headers });
    expect([status, body]).toEqual([501, expect.stringContaining('users.list')]);
  });
});

describe('Discord webhook', () => {
  const field = (length: number) => ({ name: 'x', value: 'y'.repeat(length) });

  test.each<[string, unknown, number, string | undefined]>([
    ['content of 2,000', { content: 'x'.repeat(2_000) }, 200, undefined],
    ['content of 2,001', { content: 'x'.repeat(2_001) }, 400, '2000 or fewer'],
    ['25 fields', { embeds: [{ fields: Array.from({ length: 25 }, () => field(1)) }] }, 200, undefined],
    ['26 fields', { embeds: [{ fields: Array.from({ length: 26 }, () => field(1)) }] }, 400, '25 or fewer'],
    ['a field without value', { embeds: [{ fields: [field(0)] }] }, 400, 'required'],
    ['6,001 characters in all', { embeds: Array.from({ length: 6 }, () => ({ fields: [field(1_000)] })) }, 400, '6000'],
    ['eleven embeds', { embeds: Array.from({ length: 11 }, () => ({ title: 'x' })) }, 400, '10 or fewer'],
    ['nothing', {}, 400, 'empty message'],
    [
      'parse and ids of one kind',
      { content: 'x', allowed_mentions: { parse: ['users'], users: ['1'] } },
      400,
      'exclusive',
    ],
  ])('%s', async (_, payload, status, said) => {
    const { call } = await start();
    const answer = await call('discord.com', `${DISCORD}?wait=true`, payload);
    expect(answer.status).toBe(status);
    if (said !== undefined) expect(answer.body).toContain(said);
  });

  test('without wait there is no id, and no error for what was not saved', async () => {
    const { call, chat } = await start();
    expect(await call('discord.com', DISCORD, { content: 'x' })).toMatchObject({ status: 204, body: '' });
    expect(await call('discord.com', DISCORD, { content: 'x'.repeat(3_000) })).toMatchObject({ status: 204 });
    expect(chat.messages()).toHaveLength(1);
  });

  test('a message is edited, and one that does not exist is unknown', async () => {
    const { call, chat } = await start();
    const { body } = await call('discord.com', `${DISCORD}?wait=true`, { content: 'one' });
    const { id } = JSON.parse(body) as { id: string };
    const patch = { method: 'PATCH' };
    expect((await call('discord.com', `${DISCORD}/messages/${id}`, { content: 'two' }, patch)).status).toBe(200);
    expect((await call('discord.com', `${DISCORD}/messages/1`, { content: 'two' }, patch)).body).toContain('10008');
    expect(chat.messages()).toMatchObject([{ lines: ['two'], updates: 1 }]);
  });

  test('the sixth request in two seconds is limited, with a fraction of a second to wait', async () => {
    const { call } = await start({ now: () => 0 + 1_420_070_500_000 });
    const answers: number[] = [];
    let last = '';
    for (let at = 0; at < 6; at += 1) {
      const { status, body } = await call('discord.com', `${DISCORD}?wait=true`, { content: 'x' });
      answers.push(status);
      last = body;
    }
    expect(answers).toEqual([200, 200, 200, 200, 200, 429]);
    expect(JSON.parse(last)).toMatchObject({ retry_after: 0.4, global: false });
  });

  test('whom a message notifies follows from allowed_mentions', async () => {
    const { call, chat } = await start();
    const content = '<@100000000000000001> @everyone';
    await call('discord.com', DISCORD, { content });
    await call('discord.com', DISCORD, { content, allowed_mentions: { parse: [] } });
    await call('discord.com', DISCORD, { content, allowed_mentions: { parse: [], users: ['100000000000000001'] } });
    expect(chat.messages().map(({ pinged }) => pinged)).toEqual([
      ['100000000000000001', '@everyone'],
      [],
      ['100000000000000001'],
    ]);
  });

  test('another call is refused by name', async () => {
    const { call } = await start();
    expect(await call('discord.com', '/api/users/@me', {})).toMatchObject({ status: 501 });
  });
});
