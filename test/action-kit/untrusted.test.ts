import { MAX_LINE, neutralize, neutralizeOutput, neutralizeToLine } from '@hospital-ops/action-kit/untrusted';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

/**
 * The runner's parser (actions/runner, ActionCommand.cs): `::name props::data` after TrimStart of the line, and
 * `##[name props]data` anywhere in it; lines end at CR, LF or CRLF.
 */
const commandsIn = (text: string): string[] =>
  text.split(/\r\n|\r|\n/).filter((line) => {
    const trimmed = line.replace(/^[\p{White_Space}\ufeff]+/u, '');
    if (trimmed.startsWith('::') && trimmed.indexOf('::', 2) > 1) return true;
    const open = line.indexOf('##[');
    return open >= 0 && line.indexOf(']', open) > 0;
  });

/** Text that is rich in what commands are made of. */
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '::',
        '##[',
        '##',
        '[',
        ']',
        '#',
        ':',
        '\n',
        '\r',
        '\r\n',
        '\t',
        ' ',
        '\u00a0',
        '\u200b',
        '\u0085',
      ),
      fc.constantFrom('add-mask', 'set-output name=x', 'stop-commands', 'error', '\u001b[31m', '\u0000', '\u2028'),
      fc.string({ unit: 'binary' }),
    ),
  )
  .map((parts) => parts.join(''));

describe('neutralize', () => {
  test('no text becomes a command of the runner', () => {
    fc.assert(
      fc.property(hostile, (text) => expect(commandsIn(neutralize(text))).toEqual([])),
      { numRuns: 2_000 },
    );
  });

  test('a prefix of our own before foreign text does not wake a command', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const lines = neutralize(text).split('\n');
        expect(lines.flatMap((line) => commandsIn(`[api] ${line}`))).toEqual([]);
      }),
    );
  });

  test('what is passed twice stays inert', () => {
    fc.assert(fc.property(hostile, (text) => expect(commandsIn(neutralize(neutralize(text)))).toEqual([])));
  });

  test('no control character is left but tab and line end', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        // biome-ignore lint/suspicious/noControlCharactersInRegex: the characters that must not pass
        expect(neutralize(text)).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202e]/);
      }),
    );
  });

  test.each([
    ['ordinary text', 'GET /health 200 in 3ms', 'GET /health 200 in 3ms'],
    ['a double colon inside a line', 'std::vector', 'std::vector'],
    ['a leading command', '::add-mask::x', '\u200b::add-mask::x'],
    ['an indented command', '  ::error::x', '  \u200b::error::x'],
    ['the old form anywhere', 'log ##[set-output name=a]b', 'log ##\u200b[set-output name=a]b'],
    ['an escape sequence', '\u001b[31mred', '␛[31mred'],
    ['a carriage return', 'a\r::warning::b', 'a\n\u200b::warning::b'],
  ])('%s', (_, given, expected) => expect(neutralize(given)).toBe(expected));

  test('a line of a megabyte is cut and says by how much', () => {
    const result = neutralize('x'.repeat(1_000_000));
    expect(result).toHaveLength(MAX_LINE + `… (+${1_000_000 - MAX_LINE} characters)`.length);
    expect(result).toContain(`(+${1_000_000 - MAX_LINE} characters)`);
  });

  test('a cut never leaves half a character', () => {
    expect(neutralize(`${'x'.repeat(MAX_LINE - 1)}😀😀`).isWellFormed()).toBe(true);
  });
});

test('neutralizeToLine gives one line', () => {
  fc.assert(fc.property(hostile, (text) => expect(neutralizeToLine(text)).not.toMatch(/[\r\n]/)));
});

describe('the value of an output', () => {
  const raw = '\u001b[31m\u007f\u0085\u202e\u2028\r\u0007';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that must not pass
  const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;

  test('holds no raw control character', () => {
    fc.assert(fc.property(hostile, (text) => !controls.test(neutralizeOutput(text))));
    expect(neutralizeOutput(`rolled back: ${raw}`)).not.toMatch(controls);
  });
  test('stays what it is in JSON, and is nowhere cut', () => {
    const value = [{ name: raw, long: 'x'.repeat(10_000), image: 'registry/api:v2' }];
    const written = neutralizeOutput(JSON.stringify(value));
    expect(written).not.toMatch(controls);
    expect(JSON.parse(written)).toEqual(value);
  });
  test.each(['', 'a\nb\tc', 'arn:aws:ecs:eu-west-1:123456789012:task-definition/api:3', '::x ##[y]', '{"a":"é"}'])(
    'is as it was without any: %j',
    (value) => {
      expect(neutralizeOutput(value)).toBe(value);
    },
  );
});
