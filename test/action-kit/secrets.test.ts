import { Secrets } from '@hospital-ops/action-kit/secrets';
import { escapeMarkdown } from '@hospital-ops/action-kit/summary';
import { neutralizeToLine } from '@hospital-ops/action-kit/untrusted';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

const secret = fc
  .string({ minLength: 6, maxLength: 60 })
  .filter((value) => value.trim().length >= 6 && value.trim() === value);

describe('redact', () => {
  test.each<[string, (value: string) => string]>([
    ['as it is', (value) => value],
    ['URL-encoded', encodeURIComponent],
    ['in JSON', (value) => JSON.stringify({ value })],
    ['base64', (value) => Buffer.from(value).toString('base64')],
    ['base64 after one byte', (value) => Buffer.from(`:${value}`).toString('base64')],
    ['base64 between bytes', (value) => Buffer.from(`AB${value}CDE`).toString('base64')],
    ['in Markdown', (value) => escapeMarkdown(value)],
    ['base64url', (value) => Buffer.from(value).toString('base64url')],
  ])('a registered secret does not leave %s', (_, encode) => {
    fc.assert(
      fc.property(secret, (value) => {
        const secrets = new Secrets();
        secrets.add(value);
        const encoded = encode(value);
        const redacted = secrets.redact(`before ${encoded} after`);
        expect(redacted).not.toContain(encoded);
        expect(redacted).toContain('***');
      }),
    );
  });

  test.each([
    ['as it is', (text: string) => text],
    ['in Markdown', (text: string) => escapeMarkdown(text)],
  ])('no recognisable beginning of a secret is left where a text was cut, %s', (_, encode) => {
    const secrets = new Secrets();
    secrets.add('glpat-aB3_xYz.0123');
    for (let before = 60; before < 100; before += 1) {
      const cut = encode(neutralizeToLine(`${'x'.repeat(before)}glpat-aB3_xYz.0123 and more`, 90));
      expect(secrets.redact(cut)).not.toContain(encode('glpat'));
    }
  });

  test.each([
    ['postgres://app:hunter22@db.internal:5432/app', 'postgres://app:***@db.internal:5432/app'],
    ['redis://:hunter22@cache', 'redis://:***@cache'],
    ['a p@ss in https://app:p@ss:w@host/x', 'a p@ss in https://app:***@host/x'],
    ['{"url":"mongodb+srv://app:hunter22@a,b/x"}', '{"url":"mongodb+srv://app:***@a,b/x"}'],
    ['"amqp:\\/\\/app:hunter22@mq"', '"amqp:\\/\\/app:***@mq"'],
    [
      neutralizeToLine('cannot reach postgres://app:hunter22@db', 35),
      'cannot reach postgres://app:***… (+4 characters)',
    ],
    ['https://app.example.org:8443/@scope/x', 'https://app.example.org:8443/@scope/x'],
    ['ssh://git@github.com:22/x and a:b@c', 'ssh://git@github.com:22/x and a:b@c'],
  ])('of %s no password leaves, in Markdown neither', (text, redacted) => {
    expect(new Secrets().redact(text)).toBe(redacted);
    expect(new Secrets().redact(escapeMarkdown(text))).toBe(escapeMarkdown(redacted));
  });

  test('a long line is looked through at once', () => {
    const started = performance.now();
    for (const part of ['a', '://', 'x://u:', ':', '@', 'x://u:p@'])
      new Secrets().redact(part.repeat(1_000_000 / part.length));
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  test('each line of a multi-line secret is a secret', () => {
    const secrets = new Secrets();
    secrets.add('-----BEGIN KEY-----\nMIIEpAIBAAKCAQEA\n-----END KEY-----');
    expect(secrets.redact('x MIIEpAIBAAKCAQEA y')).toBe('x *** y');
  });

  test('a value of three characters would blank ordinary words and is not registered', () => {
    const secrets = new Secrets();
    expect(secrets.add('dev')).toEqual([]);
    expect(secrets.redact('the dev environment')).toBe('the dev environment');
  });
});
