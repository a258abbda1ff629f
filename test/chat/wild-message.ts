import type { ChatMessage, Revision, ServiceChange } from '@hospital-ops/chat/message';
import { cleanMessage } from '@hospital-ops/chat/message';
import { STATUS_NAMES } from '@hospital-ops/chat/status';
import fc from 'fast-check';

/** What someone would put into a title, a commit message or a log line to break out of it. */
export const HOSTILE = [
  '<!channel>',
  '<@U12345678>',
  '<!subteam^S12345678|x>',
  '@everyone',
  '<@&123456789012345678>',
  '<https://evil.example|click>',
  '[click](https://evil.example)',
  '```',
  '`',
  '*b* _i_ ~s~ ||spoiler||',
  '> quote',
  '# heading',
  '&amp;&lt;',
  '\\',
  '👨‍👩‍👧‍👦',
  '🇮🇳',
  '\ud83d',
  'é́́́',
  '\n',
  '\u202e',
  '##[add-mask]x',
  '::stop-commands::t',
  ':tada:',
];

export const wildText = (maxLength: number) =>
  fc.oneof(
    { weight: 3, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
    {
      weight: 3,
      arbitrary: fc.array(fc.constantFrom(...HOSTILE), { maxLength: 12 }).map((parts) => parts.join('')),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.constantFrom(...HOSTILE, 'x', '&', ' '), fc.integer({ min: 1, max: maxLength }))
        .map(([part, length]) => part.repeat(Math.ceil(length / part.length)).slice(0, length)),
    },
  );

const short = wildText(600);
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const url = optional(
  fc.oneof(short, fc.webUrl({ withQueryParameters: true }), fc.constant(`https://e.example/${'&'.repeat(280)}`)),
);
const revision: fc.Arbitrary<Revision> = fc.record({ taskDefinition: optional(short), version: optional(short) });

const service: fc.Arbitrary<ServiceChange> = fc.record({
  name: short,
  outcome: fc.constantFrom(...STATUS_NAMES),
  reason: optional(wildText(3_000)),
  old: optional(revision),
  new: optional(revision),
  serving: optional(revision),
  log: fc.array(wildText(5_000), { maxLength: 12 }),
  durationSeconds: optional(fc.integer({ min: 0, max: 10_000 })),
});

/** Any message that a run could come to, cleaned as the actions do. */
export const wildMessage: fc.Arbitrary<ChatMessage> = fc
  .record({
    status: fc.constantFrom(...STATUS_NAMES),
    title: wildText(2_000),
    text: optional(wildText(9_000)),
    fields: fc.array(fc.record({ name: short, value: short, url }), { maxLength: 40 }),
    services: fc.array(service, { maxLength: 30 }),
    failedJobs: fc.array(fc.record({ name: short, url, step: optional(short) }), { maxLength: 40 }),
    changelog: optional(
      fc.record({
        from: short,
        behind: fc.integer({ min: 0, max: 3 }),
        entries: fc.array(fc.record({ sha: short, subject: short, author: optional(short), url }), { maxLength: 30 }),
        total: fc.integer({ min: 0, max: 10_000 }),
        url,
      }),
    ),
    links: fc.array(fc.record({ label: short, url }), { maxLength: 6 }),
    footer: short,
    mentions: fc.constant([]),
  })
  .map((message) => cleanMessage(message, (text) => text));
