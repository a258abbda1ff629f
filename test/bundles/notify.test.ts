import { readdirSync, readFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import type { Chat } from '@hospital-ops/rehearsal/chat/chat';
import { startChat } from '@hospital-ops/rehearsal/chat/chat';
import type { Egress } from '@hospital-ops/rehearsal/egress/proxy';
import { startEgress } from '@hospital-ops/rehearsal/egress/proxy';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Job, Ran } from '../support/bundle.ts';
import { cancelBundle, createJob, runBundle } from '../support/bundle.ts';
import { expectContract, expectNoSecret, HOSTILE, HOSTILE_LINE } from '../support/hostile.ts';
import { codeIn, LOADED_HOOK, loadedCode } from '../support/loaded-code.ts';

const TOKEN = 'abc-DEF_0123456789secret';
const SLACK_TOKEN = TOKEN.replace(/\W/g, '');
const BOT_TOKEN = 'xoxb-12345-67890-AbCdEf.Gh';
const WEBHOOKS = {
  slack: `https://hooks.slack.com/services/T1/B1/${SLACK_TOKEN}`,
  discord: `https://discord.com/api/webhooks/123456789012345678/${TOKEN}`,
} as const;
const SERVICES = ['slack', 'discord'] as const;
type Service = (typeof SERVICES)[number];

let job: Job;
let chat: Chat;
let egress: Egress;
/** Answers instead of the chat stand-ins. */
let instead: RequestListener | undefined;
let elsewhere: string[] = [];
beforeAll(async () => {
  job = createJob();
  const stranger: RequestListener = (request, response) => {
    elsewhere.push(request.url ?? '');
    response.end('ok');
  };
  const current =
    (host: string): RequestListener =>
    (request, response) =>
      (instead ?? chat.route(host))?.(request, response);
  const routes = (host: string) => (host === 'evil.example' ? stranger : chat.route(host) && current(host));
  egress = await startEgress({ temp: job.folder, routes });
});
beforeEach(() => {
  chat = startChat();
  instead = undefined;
  elsewhere = [];
});
afterEach(() => {
  // Whatever is said to whom: nobody else was asked.
  expect(elsewhere).toEqual([]);
});
afterAll(async () => {
  await egress.close();
  job.remove();
});

const stepOf = (service: Service, given: Record<string, string>) => ({
  inputs: { 'webhook-url': WEBHOOKS[service], token: '', status: 'failure', ...given },
  env: { ...egress.env },
});

const check = (ran: Ran): Ran => {
  expectContract(ran);
  expectNoSecret(ran, [TOKEN, SLACK_TOKEN, BOT_TOKEN]);
  return ran;
};

const notify = async (service: Service, given: Record<string, string> = {}) =>
  check(await runBundle(`notify-${service}`, job, stepOf(service, given)));

const services = (text: string) =>
  JSON.stringify([
    {
      service: text,
      name: text,
      outcome: 'rolled-back',
      reason: text,
      old: { 'task-definition': text, version: text },
      new: { 'task-definition': text, version: text },
      serving: { 'task-definition': text, version: text },
      log: [text, 'z'.repeat(30_000)],
      'duration-seconds': 1,
    },
  ]);

describe.each<[Service]>([['slack'], ['discord']])('notify-%s', (service) => {
  test.each([
    ['an attack', HOSTILE],
    ['a line of an attack', HOSTILE_LINE],
    ['without end', '💣'.repeat(2_000)],
    ['half a surrogate', 'a\ud83d b\udc00'],
    ['nothing but controls', '\u0000\u0001\u001b'],
  ])('foreign text that is %s is sent as text, and pings nobody', async (_, text) => {
    const given = {
      result: services(text),
      title: text.replaceAll('\u0000', ''),
      text: text.replaceAll('\u0000', ''),
      fields: JSON.stringify({ [text.slice(0, 300)]: text }),
      environment: text.replaceAll('\u0000', '').slice(0, 2_000),
      version: text.replaceAll('\u0000', '').slice(0, 2_000),
      url: `javascript:alert(1)//${text.replaceAll('\u0000', '').slice(0, 100)}`,
      'mention-on-failure': service === 'slack' ? 'U0123456' : '123456789012345678',
    };
    const ran = await notify(service, given);
    expect([ran.code, ran.outputs.sent]).toEqual([0, 'true']);
    const [message] = chat.messages();
    expect(message?.pinged).toEqual([given['mention-on-failure']]);
    const payload = JSON.stringify(message?.payload);
    // Slack reads no markup in the header, which is plain text.
    const marked = payload.replace(/\{"type":"plain_text","text":"(?:[^"\\]|\\.)*"/g, '');
    expect(marked).not.toMatch(/<!here>|<!channel>|<http:\/\/evil|javascript:alert\(1\)[|)]/);
    expect(payload).not.toMatch(/\\u00(0[0-8b-f]|1)/);
  });

  test.each<[string, RequestListener]>([
    ['is a page', (_, answer) => void answer.writeHead(200, { 'content-type': 'text/html' }).end('<html>ok</html>')],
    ['is empty', (_, answer) => void answer.writeHead(200).end()],
    ['is a 204', (_, answer) => void answer.writeHead(204).end()],
    [
      'is half',
      (_, answer) => void answer.writeHead(200, { 'content-length': 90 }).write('ok', () => answer.destroy()),
    ],
    ['is none', ({ socket }) => socket.destroy()],
    ['leads away', (_, answer) => void answer.writeHead(302, { location: 'https://evil.example/' }).end('ok')],
    [
      'keeps the method and leads away',
      (_, a) => void a.writeHead(307, { location: 'https://evil.example/' }).end('ok'),
    ],
    ['asks for a day of patience', (_, answer) => void answer.writeHead(429, { 'retry-after': '86400' }).end('{}')],
    ['is an attack', (_, answer) => void answer.writeHead(400).end(HOSTILE)],
    ['is an attack in JSON', (_, a) => void a.writeHead(400).end(JSON.stringify({ error: HOSTILE, message: HOSTILE }))],
    ['is endless', (_, answer) => void answer.writeHead(404).end('e'.repeat(5_000_000))],
  ])('an answer that %s is no message that was sent', async (_, listener) => {
    instead = listener;
    const ran = await notify(service);
    expect([ran.code, ran.outputs.sent]).toEqual([0, 'false']);
    expect(ran.outputs.error).not.toBe('');
    expect(ran.summary).toMatch(/not confirmed/);
  });

  test.each([[0], [150], [170], [190]])(
    'an answer that repeats the webhook after %i characters tells nobody',
    async (at) => {
      instead = (request, answer) => {
        const echo = `${'.'.repeat(at)}${request.url} https://${request.headers.host}${request.url} ${service === 'slack' ? SLACK_TOKEN : TOKEN}`;
        answer.writeHead(403).end(service === 'slack' ? echo : JSON.stringify({ message: echo, code: 50_006 + at }));
      };
      expect((await notify(service, { 'fail-on-error': 'true' })).code).toBe(1);
    },
  );

  test('a webhook that is none is a warning without it, a failure where that was asked for, and nothing is sent', async () => {
    const wrong = [
      WEBHOOKS[service].replace('https', 'http'),
      `https://evil.example/services/T1/B1/${TOKEN}`,
      `${WEBHOOKS[service]} ${TOKEN}`,
      `${WEBHOOKS[service].replace('https://', `https://hooks.slack.com@evil.example/`)}`,
      TOKEN,
    ].flatMap((url) => ['false', 'true'].map((hard) => ({ 'webhook-url': url, 'fail-on-error': hard })));
    for (const [at, ran] of (await Promise.all(wrong.map((given) => notify(service, given)))).entries()) {
      expect([ran.code, ran.outputs.sent]).toEqual([at % 2, 'false']);
      expect(ran.outputs.error).toContain('`webhook-url`');
    }
    expect(chat.requests()).toEqual([]);
  });

  test('inputs that are none are named, and nothing is sent', async () => {
    const wrong = [
      { status: 'green' },
      { fields: '[1]' },
      { fields: `a: *${TOKEN.replace(/\W/g, '')}` },
      { 'mention-on-failure': '@everyone' },
      { colour: 'red' },
    ];
    for (const ran of await Promise.all(wrong.map((given) => notify(service, given)))) {
      expect([ran.code, ran.outputs.sent]).toEqual([1, 'false']);
    }
    expect(chat.requests()).toEqual([]);
  });

  test('a result that is none makes no success of the message', async () => {
    for (const result of ['', '[]', '{', 'null', '[{}]', '[{"outcome":"deployed::"}]', '[null]']) {
      const ran = await notify(service, { result, status: result === '' || result === '[]' ? 'failure' : 'success' });
      expect(ran.outputs.sent).toBe('true');
    }
    const titles = chat.messages().map(({ lines }) => lines[0] ?? '');
    expect(titles.slice(0, 2).every((title) => title.startsWith('❌'))).toBe(true);
    expect(titles.slice(4).every((title) => !title.startsWith('✅'))).toBe(true);
  });

  test('a message takes neither the client of AWS nor that of GitHub, which are there for others', async () => {
    const list = join(job.folder, `loaded-${service}`);
    const step = stepOf(service, {});
    await runBundle(`notify-${service}`, job, {
      ...step,
      env: { ...step.env, NODE_OPTIONS: `--import=${LOADED_HOOK}`, LOADED_TO: list },
    });
    expect(chat.messages()).toHaveLength(1);
    const loaded = loadedCode(readFileSync(list, 'utf8'));
    expect(loaded).toEqual({ bytes: expect.any(Number), octokit: false, aws: false });
    expect(loaded.bytes).toBeGreaterThan(10_000);
    const all = codeIn(readdirSync('dist/lib').map((name) => join('dist/lib', name)));
    expect([all.octokit, all.aws]).toEqual([true, true]);
  });

  test('a cancelled run ends at once and claims nothing', async () => {
    instead = () => undefined;
    const waiting = cancelBundle(`notify-${service}`, job, stepOf(service, {}), /add-mask/);
    const ran = check(await waiting);
    expect(ran.ms).toBeLessThan(5_000);
    expect(ran.outputs.sent).toBe('false');
  });
});

describe('a bot of Slack', () => {
  const given = { 'webhook-url': '', 'bot-token': BOT_TOKEN, channel: 'C0123ABCD' };

  test.each<[string, string]>([
    ['a proxy that says ok', 'ok'],
    ['an answer without the message', '{"ok":true}'],
    ['a refusal with status 200', '{"ok":false,"error":"channel_not_found"}'],
    ['a refusal that is an attack', JSON.stringify({ ok: false, error: `${HOSTILE} ${BOT_TOKEN}` })],
  ])('%s is no message that was sent', async (_, body) => {
    instead = (_request, answer) => void answer.writeHead(200).end(body);
    expect((await notify('slack', given)).outputs.sent).toBe('false');
  });

  test('posts and updates one message', async () => {
    const first = await notify('slack', given);
    const second = await notify('slack', { ...given, 'message-id': first.outputs['message-id'] ?? '' });
    expect(second.outputs).toMatchObject({ sent: 'true', 'message-id': first.outputs['message-id'] });
    expect(chat.messages()).toHaveLength(1);
  });
});
