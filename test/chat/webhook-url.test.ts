import type { ChatService } from '@hospital-ops/chat/webhook-url';
import { parseWebhookUrl, secretsOf } from '@hospital-ops/chat/webhook-url';
import { describe, expect, test } from '@jest/globals';

const TOKEN = 'abcDEF0123456789secret';
const SLACK = `https://hooks.slack.com/services/T1/B1/${TOKEN}`;
const DISCORD = `https://discord.com/api/webhooks/123456789012345678/${TOKEN}`;

test.each<[ChatService, string]>([
  ['slack', SLACK],
  ['slack', ` ${SLACK}\n`],
  ['slack', SLACK.replace('slack.com', 'slack-gov.com')],
  ['slack', `http://127.0.0.1:8080/relay/${TOKEN}`],
  ['slack', `http://localhost/relay/${TOKEN}`],
  ['discord', DISCORD],
  ['discord', `${DISCORD}?thread_id=5`],
  ['discord', DISCORD.replace('discord.com', 'discordapp.com')],
  ['discord', DISCORD.replace('discord.com', 'ptb.discord.com')],
  ['discord', DISCORD.replace('discord.com', 'canary.discord.com')],
  ['discord', DISCORD.replace('/api/', '/api/v10/')],
])('%s takes %s', (service, text) => {
  expect(parseWebhookUrl(service, text).url?.href).toBe(new URL(text.trim()).href);
});

describe.each<[string, ChatService, string, string]>([
  ['plain http', 'slack', SLACK.replace('https', 'http'), 'is not https'],
  ['another host', 'slack', SLACK.replace('hooks.slack.com', 'hooks.slack.com.evil.example'), 'another host'],
  ['a host in disguise', 'discord', DISCORD.replace('//', `//${TOKEN}@`), 'user name'],
  ['another port', 'discord', DISCORD.replace('.com', '.com:8443'), 'another host'],
  ['the other service', 'slack', DISCORD, 'another host'],
  ['http to a private address', 'slack', `http://10.0.0.1/${TOKEN}`, 'is not https'],
  ['a loopback look-alike', 'slack', `http://127.0.0.1.evil.example/${TOKEN}`, 'is not https'],
  ['a workflow trigger', 'slack', `https://hooks.slack.com/triggers/T1/1/${TOKEN}`, 'workflow'],
  ['a compatibility address', 'discord', `${DISCORD}/slack`, 'another format'],
  ['another path', 'discord', `https://discord.com/channels/1/${TOKEN}`, 'another path'],
  ['two lines', 'slack', `${SLACK}\n${SLACK}`, 'white space'],
  ['no URL', 'slack', TOKEN, 'not a URL'],
])('%s', (_, service, text, problem) => {
  test('is refused without being shown', () => {
    const parsed = parseWebhookUrl(service, text);
    expect(parsed.url).toBeUndefined();
    expect(parsed.problem).toContain(problem);
    expect(parsed.problem).not.toContain(TOKEN);
  });
});

test('the token of a webhook is a secret by itself', () => {
  expect(secretsOf(new URL(DISCORD))).toEqual(expect.arrayContaining([DISCORD, TOKEN]));
});
