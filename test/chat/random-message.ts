import type { Changelog, ChatMessage, Field, Mention, Revision, ServiceChange } from '@hospital-ops/chat/message';
import { STATUS_NAMES } from '@hospital-ops/chat/status';
import { HOSTILE } from './wild-message.ts';

/** Numbers in [0, 1) that are the same for the same seed (mulberry32). */
const randomOf = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

/** Ranges of code points that people and machines write: ASCII, Latin, Devanagari, Arabic, CJK, combining marks, emoji. */
const RANGES = [
  [0x20, 0x7e],
  [0xa0, 0x24f],
  [0x900, 0x97f],
  [0x600, 0x6ff],
  [0x4e00, 0x9fff],
  [0x300, 0x36f],
  [0x1f300, 0x1faff],
  [0x0, 0x1f],
  [0xd800, 0xdfff],
  [0x2000, 0x206f],
] as const;

const LONG = 100_000;

/**
 * Returns a maker of messages that a run could come to, of everything that could break out of a text, with `secret` here
 * and there. One text in two thousand is 100 kB long.
 */
export const randomMessages = (seed: number, secret: string): (() => ChatMessage) => {
  const random = randomOf(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  const pick = <T>(values: readonly T[]): T => values[below(values.length)] as T;
  const chance = (part: number) => random() < part;

  const characters = (): string => {
    const [from, to] = pick(RANGES);
    return String.fromCodePoint(...Array.from({ length: 1 + below(12) }, () => from + below(to - from + 1)));
  };
  const piece = (): string =>
    chance(0.4) ? pick(HOSTILE) : chance(0.5) ? characters() : chance(0.06) ? `x${secret}y` : 'the quick api failed ';
  const text = (pieces: number): string => {
    if (chance(0.0005)) return piece().repeat(LONG).slice(0, LONG);
    return Array.from({ length: below(pieces) }, piece).join(pick(['', ' ', '\n']));
  };
  const maybe = <T>(make: () => T): T | undefined => (chance(0.5) ? make() : undefined);
  const many = <T>(most: number, make: () => T): T[] => Array.from({ length: chance(0.03) ? most : below(3) }, make);
  const url = (): string | undefined =>
    maybe(() => (chance(0.7) ? `https://e.example/${encodeURIComponent(text(3).toWellFormed())}` : text(4)));

  const revision = (): Revision => ({ taskDefinition: maybe(() => text(3)), version: maybe(() => text(3)) });
  const service = (): ServiceChange => ({
    name: text(3),
    outcome: pick(STATUS_NAMES),
    reason: maybe(() => text(8)),
    old: maybe(revision),
    new: maybe(revision),
    serving: maybe(revision),
    log: many(40, () => text(6)),
    durationSeconds: maybe(() => below(9_000)),
  });
  const field = (): Field => ({ name: text(3), value: text(5), url: url(), wide: chance(0.2) });
  const changelog = (): Changelog => ({
    from: text(2),
    entries: many(30, () => ({ sha: text(2), subject: text(6), author: maybe(() => text(2)), url: url() })),
    total: below(300),
    behind: below(2),
    url: url(),
  });
  const mention = (): Mention =>
    chance(0.5)
      ? { kind: 'user', id: String(100000000000000000n + BigInt(below(9))) }
      : { kind: 'group', id: String(200000000000000000n + BigInt(below(9))) };

  return () => ({
    status: pick(STATUS_NAMES),
    title: text(8),
    text: maybe(() => text(12)),
    fields: many(40, field),
    services: many(30, service),
    failedJobs: many(40, () => ({ name: text(3), url: url(), step: maybe(() => text(3)) })),
    changelog: maybe(changelog),
    links: many(6, () => ({ label: text(2), url: url() })),
    footer: text(4),
    mentions: chance(0.1) ? many(12, mention) : [],
  });
};
