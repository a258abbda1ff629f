import { neutralize } from '@hospital-ops/action-kit/untrusted';
import { COMMANDS, parseCommand } from '@hospital-ops/rehearsal/runner/commands';
import { parsePairs } from '@hospital-ops/rehearsal/runner/environment-files';
import { Masker } from '@hospital-ops/rehearsal/runner/masker';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { job, run } from './sandbox.ts';

/** Texts made of what commands are made of, so that some would be commands. */
const hostile = fc
  .array(
    fc.oneof(
      {
        weight: 4,
        arbitrary: fc.constantFrom(
          '::',
          '##[',
          ']',
          ':',
          '#',
          '[',
          ' ',
          '\t',
          '\r',
          '\n',
          '\r\n',
          '\u0085',
          '\u00a0',
          '\u200b',
          '\ufeff',
          '\u001b[31m',
          '\0',
          '%0A',
          ' name=x',
        ),
      },
      { weight: 2, arbitrary: fc.constantFrom(...COMMANDS, 'token') },
      {
        weight: 3,
        arbitrary: fc
          .constantFrom(...COMMANDS, 'token')
          .chain((name) => fc.constantFrom(`::${name}::`, `##[${name}]`, `::${name} a=b::`)),
      },
      { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 5 }) },
    ),
    { maxLength: 14 },
  )
  .map((parts) => parts.join(''));

describe('workflow commands', () => {
  test.each([
    ['::add-mask::x', 'add-mask', 'x'],
    ['   ::warning file=a.ts,line=3::mind%0Athis', 'warning', 'mind\nthis'],
    ['[i-0abc] ##[add-mask]x', 'add-mask', 'x'],
    ['##[SET-OUTPUT name=image;]evil', 'SET-OUTPUT', 'evil'],
    ['\u00a0::group::g', 'group', 'g'],
  ])('%j is a command', (line, name, data) => {
    expect(parseCommand(line)).toMatchObject({ name, data });
  });

  test.each(['x ::add-mask::x', '::unknown::x', '::add-mask', '##[add-mask', '\u200b::add-mask::x', ': :add-mask::x'])(
    '%j is text',
    (line) => {
      expect(parseCommand(line)).toBeUndefined();
    },
  );

  test('properties are decoded and named without regard to case', () => {
    expect(parseCommand('::error File=a%2Cb.ts,line=3,title=A%3A B::m')?.properties).toEqual({
      file: 'a,b.ts',
      line: '3',
      title: 'A: B',
    });
  });

  test('whatever text went through neutralize holds no command, on any of its lines', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        for (const line of neutralize(text).split(/\r\n|\r|\n/)) expect(parseCommand(line, 'token')).toBeUndefined();
      }),
      { numRuns: 3_000 },
    );
  });

  test('the generator of that property does make commands', () => {
    const samples = fc.sample(hostile, { numRuns: 3_000, seed: 1 });
    const commands = samples.filter((text) =>
      text.split(/\r\n|\r|\n/).some((line) => parseCommand(line) !== undefined),
    );
    expect(commands.length).toBeGreaterThan(20);
  });

  test('annotations are kept with file and line, ten of each level', async () => {
    const result = await run(
      job(`
- name: says
  run: |
    echo "::warning file=a.ts,line=3,title=Mind::this"
    for i in $(seq 12); do echo "::error::number $i"; done`),
    );
    const { annotations, log } = result.step('one', 'says');
    expect(annotations[0]).toEqual({ level: 'warning', message: 'this', title: 'Mind', file: 'a.ts', line: 3 });
    expect(annotations.filter(({ level }) => level === 'error')).toHaveLength(10);
    expect(log.filter(({ kind }) => kind === 'error')).toHaveLength(12);
    expect(result.conclusion).toBe('success');
  });

  test('stop-commands holds until its token, for this step alone', async () => {
    const result = await run(
      job(`
- name: stops
  run: |
    echo "::stop-commands::tok-0123456789"
    echo "::error::not an error"
    echo "##[error]neither"
    echo "::tok-0123456789::"
    echo "::error::one"
- name: fresh
  run: |
    echo "::stop-commands::tok-9876543210"
- name: next
  run: echo "::error::two"`),
    );
    expect(result.step('one', 'stops').annotations.map(({ message }) => message)).toEqual(['one']);
    expect(result.step('one', 'next').annotations.map(({ message }) => message)).toEqual(['two']);
  });

  test.each(['::set-env name=A::b', '##[add-path]/evil', 'text ##[set-env name=A]b'])(
    'the removed command %j fails the step, as on GitHub',
    async (line) => {
      const result = await run(job(`- name: bad\n  run: |\n    echo "${line}"`));
      expect(result.step('one', 'bad').conclusion).toBe('failure');
      expect(result.step('one', 'bad').annotations[1]?.message).toContain('is disabled');
    },
  );

  test('set-output still works, with a warning', async () => {
    const result = await run(job('- id: old\n  run: echo "::set-output name=a::b" >&2'));
    expect(result.step('one', 'old').outputs).toEqual({ a: 'b' });
    expect(result.step('one', 'old').annotations[0]?.message).toContain('deprecated');
  });
});

describe('masks', () => {
  test('secrets and added masks are hidden in the log, in all forms that the runner knows', async () => {
    const result = await run(
      job(`
- run: |
    echo "::add-mask::added-value"
    echo "plain hunter2!x added-value"
    echo "base64 $(printf 'hunter2!x' | base64)"
    echo "token \${{ github.token }} \${{ secrets.GITHUB_TOKEN }}"
    echo "url hunter2%21x"
    echo "\${{ secrets.LINES }}"`),
      { secrets: { PASSWORD: 'hunter2!x', LINES: 'first-line\n  second-line\n' }, token: 'ghs_tokentoken' },
    );
    const log = result.log('one');
    for (const secret of ['hunter2', 'ghs_token', 'first-line', 'second-line', 'aHVudGVy'])
      expect(log).not.toContain(secret);
    expect(log).toContain('plain *** ***');
    expect(log).toContain('token *** ***');
    expect(log).toContain('url ***');
  });

  test('a masked text is never part of the result, whatever stands around it', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1 }).filter((s) => s.trim() !== '' && !'***'.includes(s)),
        fc.string(),
        fc.string(),
        (secret, before, after) => {
          const masker = new Masker();
          masker.add(secret);
          fc.pre(!'***'.includes(secret) && !secret.includes('*'));
          expect(masker.mask(before + secret + after)).not.toContain(secret);
        },
      ),
    );
  });

  test('an output with a masked value goes to other steps but not to other jobs', async () => {
    const result = await run(`on: push
jobs:
  one:
    runs-on: ubuntu-latest
    outputs:
      image: \${{ steps.s.outputs.image }}
      tag: \${{ steps.s.outputs.tag }}
    steps:
      - id: s
        run: |
          echo "::add-mask::123456789012"
          echo "image=123456789012.dkr.ecr/api" >> "$GITHUB_OUTPUT"
          echo "tag=v1" >> "$GITHUB_OUTPUT"
      - run: test '\${{ steps.s.outputs.image }}' = "$(echo 123456789012.dkr.ecr/api)"
  two:
    needs: one
    runs-on: ubuntu-latest
    steps:
      - run: echo "[\${{ needs.one.outputs.image }}] [\${{ needs.one.outputs.tag }}]"
`);
    expect(result.log('two')).toContain('[] [v1]');
    expect(result.job('one').outputs).toEqual({ tag: 'v1' });
    expect(result.job('one').annotations).toEqual([
      { level: 'warning', message: "Skip output 'image' since it may contain secret." },
    ]);
  });
});

describe('environment files', () => {
  test.each([
    [
      'a=b=c\n\nd=',
      [
        ['a', 'b=c'],
        ['d', ''],
      ],
    ],
    [
      'a<<E\nx=1\n\ny\nE\nb=2\n',
      [
        ['a', 'x=1\n\ny'],
        ['b', '2'],
      ],
    ],
    ['a=b<<E\n', [['a', 'b<<E']]],
    ['a<<E\nE\n', [['a', '']]],
  ])('%j holds its pairs', (content, pairs) => {
    expect(parsePairs(content)).toEqual(pairs);
  });

  test.each(['no pair', '=value', 'a<<E\nnever ends\n', '<<E\nE\n'])('%j is refused', (content) => {
    expect(() => parsePairs(content)).toThrow(/^Invalid/);
  });

  test('a broken file fails the step and says which', async () => {
    const result = await run(job('- name: bad\n  run: echo nonsense >> "$GITHUB_OUTPUT"'));
    expect(result.step('one', 'bad').annotations.map(({ message }) => message)).toEqual([
      "Unable to process file command 'output' successfully.",
      "Invalid format 'nonsense'",
    ]);
    expect(result.conclusion).toBe('failure');
  });

  test('NODE_OPTIONS cannot be handed on', async () => {
    const result = await run(job('- run: echo "NODE_OPTIONS=--require=/evil" >> "$GITHUB_ENV"'));
    expect(result.conclusion).toBe('failure');
  });
});
