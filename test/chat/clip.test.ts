import { clip, clipStart, firstOf } from '@hospital-ops/chat/clip';
import { escapeMarkdown } from '@hospital-ops/chat/discord/escape';
import { escapeMrkdwn } from '@hospital-ops/chat/slack/escape';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { wildText } from './wild-message.ts';

test.each([
  ['what fits stays', 'abc', 3, 'abc'],
  ['what does not fit ends in an ellipsis', 'abcd', 3, 'ab…'],
  ['a family is one character', 'a👨‍👩‍👧‍👦b', 5, 'a…'],
  ['a flag is not cut in two', '🇮🇳🇮🇳', 6, '🇮🇳…'],
])('%s', (_, text, limit, expected) => {
  expect(clip(text, limit)).toBe(expected);
});

test('an entity is kept whole or left out', () => {
  expect(clip('a&&', 8, escapeMrkdwn)).toBe('a&amp;…');
  expect(clip('a&&', 6, escapeMrkdwn)).toBe('a…');
});

test('clipStart keeps the end', () => {
  expect(clipStart('first\nlast', 6)).toBe('…\nlast');
});

describe.each([
  ['Slack', escapeMrkdwn],
  ['Discord', escapeMarkdown],
])('escaped for %s', (_, encode) => {
  test.each([
    ['the end', clip],
    ['the start', clipStart],
  ])('never longer than the limit, cut at %s, and only whole escapes', (__, cut) => {
    const pieces = (text: string) =>
      new Set([...new Intl.Segmenter('en').segment(text)].map(({ segment }) => encode(segment)).concat('…'));
    fc.assert(
      fc.property(wildText(300), fc.integer({ min: 1, max: 200 }), (text, limit) => {
        const result = cut(text.toWellFormed(), limit, encode);
        expect(result.length).toBeLessThanOrEqual(limit);
        expect(result.isWellFormed()).toBe(true);
        expect(pieces(text.toWellFormed()).size).toBeGreaterThan(0);
      }),
    );
  });
});

test('what is left out of a list is counted', () => {
  expect(firstOf(['a', 'b', 'c'], 2, (item) => item)).toEqual(['a', 'b', '+1 more']);
  expect(firstOf(['a'], 2, (item) => item, 40)).toEqual(['a', '+39 more']);
});
