import { renderDiscord } from '@hospital-ops/chat/discord/render';
import type { ChatMessage } from '@hospital-ops/chat/message';
import { renderSlack } from '@hospital-ops/chat/slack/render';
import { discordMistakes, isEmptyMessage } from '@hospital-ops/rehearsal/chat/discord-rules';
import { discordPings, slackPings } from '@hospital-ops/rehearsal/chat/pings';
import { slackProblem, textsOf } from '@hospital-ops/rehearsal/chat/slack-rules';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { wildMessage } from './wild-message.ts';

const asSent = (payload: unknown) => JSON.parse(JSON.stringify(payload)) as Record<string, unknown>;

const urlsOf = (message: ChatMessage): (string | undefined)[] =>
  [...message.fields, ...message.failedJobs, ...message.links, ...(message.changelog?.entries ?? [])]
    .map(({ url }) => url)
    .concat(message.changelog?.url);

const everyText = (value: unknown): string[] =>
  typeof value === 'string'
    ? [value]
    : typeof value === 'object' && value !== null
      ? Object.values(value).flatMap(everyText)
      : [];

const RUNS = { numRuns: 60 };

describe('Slack', () => {
  test('takes whatever a run comes to', () => {
    fc.assert(
      fc.property(wildMessage, (message) => {
        expect(slackProblem(asSent(renderSlack(message)))).toBeUndefined();
      }),
      RUNS,
    );
  });

  test('is told of nobody and of no address by foreign text', () => {
    fc.assert(
      fc.property(wildMessage, (message) => {
        const payload = asSent(renderSlack(message));
        expect(slackPings(payload)).toEqual([]);
        const hosts = new Set(
          urlsOf(message).flatMap((url) => (url !== undefined && URL.canParse(url) ? [new URL(url).host] : [])),
        );
        for (const { type, text } of textsOf(payload).filter((object) => object.type === 'mrkdwn')) {
          expect(type).toBe('mrkdwn');
          // What is left of < and > are links to addresses that were given as such.
          for (const [, target = ''] of text.matchAll(/<([^|>]*)(?:\|[^<>]*)?>/g)) {
            expect(hosts.has(new URL(target.replaceAll('&amp;', '&')).host)).toBe(true);
          }
          expect(text.replace(/<https?:[^|<>]*\|[^<>]*>/g, '')).not.toMatch(/[<>]|&(?!amp;|lt;|gt;)/);
        }
      }),
      RUNS,
    );
  });

  test('gets whole characters only', () => {
    fc.assert(
      fc.property(wildMessage, (message) => {
        for (const text of everyText(renderSlack(message))) expect(text.isWellFormed()).toBe(true);
      }),
      RUNS,
    );
  });
});

describe('Discord', () => {
  test('takes whatever a run comes to', () => {
    fc.assert(
      fc.property(wildMessage, (message) => {
        const payload = asSent(renderDiscord(message));
        expect(discordMistakes(payload)).toEqual([]);
        expect(isEmptyMessage(payload)).toBe(false);
      }),
      RUNS,
    );
  });

  test('is told of nobody by foreign text, and parses none for mentions', () => {
    fc.assert(
      fc.property(wildMessage, (message) => {
        const payload = renderDiscord(message);
        expect(payload.content).toBe('');
        expect(payload.allowed_mentions).toEqual({ parse: [] });
        expect(discordPings(asSent(payload))).toEqual([]);
        for (const text of everyText(payload.embeds)) {
          // Nothing is read as markup between fences, and no fence is foreign.
          expect(text.split('```').length % 2).toBe(1);
          expect(text.replace(/```[\s\S]*?```/g, '')).not.toMatch(/<@|@everyone|@here/);
        }
      }),
      RUNS,
    );
  });

  test('gets whole characters only', () => {
    fc.assert(
      fc.property(wildMessage, (message) => {
        for (const text of everyText(renderDiscord(message))) expect(text.isWellFormed()).toBe(true);
      }),
      RUNS,
    );
  });
});
