import { Secrets } from '@hospital-ops/action-kit/secrets';
import { cleanMessage } from '@hospital-ops/chat/message';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { THOROUGH } from '../support/thorough.ts';
import { breachesOf, FORMS } from './message-rules.ts';
import { randomMessages } from './random-message.ts';
import { wildMessage } from './wild-message.ts';

test('both chats take whatever a run comes to, and nobody is told, linked or pinged by foreign text', () => {
  fc.assert(
    fc.property(wildMessage, (message) => {
      expect(breachesOf(message)).toEqual([]);
    }),
    { numRuns: 40 },
  );
});

const SECRET = 'hunter2-hunter2';

const MESSAGES = THOROUGH ? 10_000 : 1_000;

test(`nor of ${MESSAGES} random messages, with secrets and texts of 100 kB among them, any breaks a rule or tells a secret`, () => {
  const next = randomMessages(7, SECRET);
  const secrets = new Secrets();
  secrets.add(SECRET);
  const breaches = new Set<string>();
  let secretsSeen = 0;
  for (let at = 0; at < MESSAGES; at += 1) {
    const raw = next();
    if (at % 10 === 0) secretsSeen += JSON.stringify(raw).includes(SECRET) ? 1 : 0;
    const message = cleanMessage(raw, (text) => secrets.redact(text));
    // The other forms are shorter and hold the same parts; a tenth of the messages is enough for them.
    const found = breachesOf(message, { secret: SECRET, forms: at % 10 === 0 ? FORMS : ['full'] });
    for (const breach of found) breaches.add(`${at}: ${breach}`);
  }
  expect([...breaches]).toEqual([]);
  expect(secretsSeen).toBeGreaterThan(10);
});
