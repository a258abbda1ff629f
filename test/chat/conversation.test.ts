import type { ChatMessage } from '@hospital-ops/chat/message';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { Conversation, ConversationOptions } from './conversation.ts';
import { startConversation, WEBHOOK } from './conversation.ts';

const MESSAGE: ChatMessage = {
  status: 'in-progress',
  title: 'hospital-ops 1.1.0 → production: deploying 2/3',
  text: undefined,
  fields: [{ name: 'By', value: 'asha' }],
  services: [],
  failedJobs: [],
  changelog: undefined,
  links: [],
  footer: '',
  mentions: [],
};
const BACK: ChatMessage = {
  ...MESSAGE,
  status: 'rolled-back',
  title: 'hospital-ops 1.1.0 → production: rolled back',
  services: [
    {
      name: 'api',
      outcome: 'rolled-back',
      reason: '3 of 3 new tasks stopped',
      old: undefined,
      new: undefined,
      serving: undefined,
      log: ['DB_URL is not set'],
      durationSeconds: 12,
    },
  ],
  failedJobs: [{ name: 'release', url: undefined, step: 'Deploy' }],
};

const open: Conversation[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((conversation) => conversation.close()));
});

const start = async (service: 'Slack' | 'Discord', options: ConversationOptions = {}) => {
  const conversation = await startConversation(service, options);
  open.push(conversation);
  const text = () => conversation.chat.messages().map(({ lines }) => lines.join('\n'));
  const calls = () => conversation.chat.requests().map(({ call }) => call);
  return { ...conversation, text, calls };
};

const ONE = { Slack: 'U0123456', Discord: '100000000000000001' } as const;
const asked = (service: 'Slack' | 'Discord', message = BACK): ChatMessage => ({
  ...message,
  mentions: [{ kind: 'user', id: ONE[service] }],
});

describe.each(['Slack', 'Discord'] as const)('%s', (service) => {
  test('one message is carried from the start to the end', async () => {
    const { send, chat, text } = await start(service);
    const { id } = await send(MESSAGE);
    expect((await send({ ...MESSAGE, title: 'deploying 3/3' }, { id })).id).toBe(id);
    expect(await send({ ...MESSAGE, status: 'deployed', title: 'deployed' }, { id })).toEqual({
      id,
      problem: undefined,
    });
    expect(chat.messages()).toMatchObject([{ updates: 2 }]);
    expect(text()).toEqual([expect.stringContaining('✅ deployed')]);
  });

  test('a message that is gone is posted anew, and carried on from there', async () => {
    const { send, chat, log } = await start(service);
    const lost = service === 'Slack' ? 'C0123ABCD/1.2' : '111111111111111111';
    const { id } = await send(MESSAGE, { id: lost });
    expect(id).not.toBe(lost);
    expect(log.lines.join()).toContain('a new one is posted');
    await send(BACK, { id });
    expect(chat.messages()).toMatchObject([{ updates: 1 }]);
  });

  test('an update pings nobody, so who is mentioned is called once, by a message of its own', async () => {
    const { send, chat } = await start(service);
    const first = await send(MESSAGE);
    const second = await send(asked(service), { id: first.id });
    const third = await send(asked(service), { id: second.id });
    expect(third.id).toBe(second.id);
    expect(second.id.startsWith(`${first.id}+`)).toBe(true);
    expect(chat.messages().map(({ pinged }) => pinged)).toEqual([[], [ONE[service]]]);
    expect(chat.messages()[1]?.lines.join()).toContain('rolled back');
  });

  test('a new message calls them itself', async () => {
    const { send, chat } = await start(service);
    await send(asked(service));
    expect(chat.messages()).toMatchObject([{ pinged: [ONE[service]] }]);
  });

  test('a refused layout is sent once more as plain text, that says the same', async () => {
    const refusal =
      service === 'Slack' ? '{"ok":false,"error":"invalid_blocks"}' : '{"code":50035,"message":"Invalid"}';
    const laidOut = service === 'Slack' ? '"attachments":[{' : '"embeds":[{';
    const { send, chat, log } = await start(service, {
      instead: ({ body }) =>
        body.includes(laidOut) ? { status: service === 'Slack' ? 200 : 400, body: refusal } : undefined,
    });
    const { id } = await send(asked(service, { ...BACK, text: '*not bold* <!here> @everyone' }));
    await send({ ...BACK, status: 'deployed' }, { id });
    expect(chat.messages()).toMatchObject([{ updates: 1, pinged: [ONE[service]] }]);
    expect(chat.messages()[0]?.lines.join('\n')).toContain('3 of 3 new tasks stopped');
    expect(log.lines.join()).toContain('plain text');
  });

  test('text that is refused as well is a failure, without end', async () => {
    const refusal =
      service === 'Slack' ? '{"ok":false,"error":"invalid_blocks"}' : '{"code":50035,"message":"Invalid"}';
    let asks = 0;
    const { send } = await start(service, {
      instead: () => {
        asks += 1;
        return { status: service === 'Slack' ? 200 : 400, body: refusal };
      },
    });
    await expect(send(MESSAGE)).rejects.toThrow('refused the message');
    expect(asks).toBe(2);
  });

  test('what belongs to a message and was not sent leaves the message standing, and is said', async () => {
    const { send, chat } = await start(service, {
      instead: ({ body }) =>
        body.includes(ONE[service]) && body.includes('rolled back') && !body.includes('"ts"')
          ? {
              status: 403,
              body: service === 'Slack' ? 'not_in_channel' : '{"code":50013,"message":"Missing Permissions"}',
            }
          : undefined,
    });
    const { id } = await send(MESSAGE);
    const told = await send(asked(service), { id });
    expect(told).toEqual({ id, problem: expect.stringContaining('refused the message') });
    expect(chat.messages()).toMatchObject([{ updates: 1 }]);
  });
});

describe('details of a failure in a thread', () => {
  const places: ReadonlyArray<[string, 'Slack' | 'Discord', ConversationOptions]> = [
    ['Slack', 'Slack', {}],
    ['a thread of Discord', 'Discord', { search: '?thread_id=222222222222222222' }],
    ['a forum of Discord', 'Discord', { isForum: (id) => id === WEBHOOK }],
  ];

  test.each(places)(
    '%s: logs and failed jobs stand there, once, and call those who are mentioned',
    async (_, service, options) => {
      const { send, chat, text } = await start(service, options);
      const { id: first } = await send(MESSAGE, { thread: true });
      const { id: second } = await send(asked(service), { id: first, thread: true });
      await send(asked(service, { ...BACK, status: 'rollback-failed' }), { id: second, thread: true });
      const [main = '', details = '', ...more] = text();
      expect(more).toEqual([]);
      expect(main).toContain('3 of 3 new tasks stopped');
      expect(main).not.toContain('DB_URL');
      expect(main).toContain('Details are in the thread');
      expect(details).toContain('DB_URL is not set');
      expect(details).toContain('release at Deploy');
      expect(chat.messages().map(({ pinged }) => pinged)).toEqual([[], [ONE[service]]]);
      expect(chat.messages()[1]?.thread).toBeDefined();
    },
  );

  test('a webhook opens no thread in a text channel, so they stand in the message', async () => {
    const { send, text } = await start('Discord');
    const { id } = await send(MESSAGE, { thread: true });
    await send(BACK, { id, thread: true });
    expect(text()).toEqual([expect.stringContaining('DB_URL is not set')]);
  });

  test('a success has none', async () => {
    const { send, chat } = await start('Slack');
    await send({ ...MESSAGE, status: 'deployed' }, { thread: true });
    expect(chat.messages()).toHaveLength(1);
  });

  test('where the thread is refused they stand in the message, which points to no thread', async () => {
    const { send, text } = await start('Slack', {
      instead: ({ body }) =>
        body.includes('thread_ts') ? { body: '{"ok":false,"error":"restricted_action"}' } : undefined,
    });
    const { problem } = await send(BACK, { thread: true });
    expect(problem).toContain('restricted_action');
    expect(text()).toEqual([expect.stringContaining('DB_URL is not set')]);
    expect(text()[0]).not.toContain('in the thread');
  });
});

test('every message of a forum opens a post that carries its title', async () => {
  const { send, chat, calls } = await start('Discord', { isForum: () => true });
  const { id } = await send({ ...MESSAGE, title: `${'👩‍⚕️'.repeat(60)} v1` });
  expect(id).toMatch(/^(\d+)\/\1$/);
  await send({ ...MESSAGE, status: 'deployed' }, { id });
  expect(calls()).toEqual(['POST webhook', 'POST webhook', 'PATCH message']);
  expect(chat.messages()).toMatchObject([{ updates: 1 }]);
});
