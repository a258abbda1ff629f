import { InputError } from '@hospital-ops/action-kit/errors';
import type { InputReader } from '@hospital-ops/action-kit/inputs';
import { nearest, parseInputs, rawInputs } from '@hospital-ops/action-kit/inputs';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

const noFile = () => {
  throw new Error('ENOENT: no such file');
};

const read = <T>(inputs: Record<string, string>, reader: (r: InputReader) => T): T =>
  parseInputs(
    rawInputs(Object.fromEntries(Object.entries(inputs).map(([k, v]) => [`INPUT_${k.toUpperCase()}`, v]))),
    noFile,
    reader,
  );

const problemsOf = (inputs: Record<string, string>, reader: (r: InputReader) => unknown): readonly string[] => {
  try {
    read(inputs, reader);
  } catch (error) {
    if (error instanceof InputError) return error.problems;
    throw error;
  }
  return [];
};

test('a commit is named in full', () => {
  const commit = (sha: string) => (r: InputReader) => r.commit(sha);
  for (const sha of ['a1'.repeat(20), '0b'.repeat(32)]) expect(read({ sha }, commit('sha'))).toBe(sha);
  expect(read({}, commit('sha'))).toBeUndefined();
  for (const sha of ['main', 'a1b2c3d', 'A1'.repeat(20), 'a1'.repeat(21)]) {
    expect(problemsOf({ sha }, commit('sha'))).toEqual([`\`sha\` is "${sha}": expected a full commit SHA`]);
  }
});

describe('what another step hands on as JSON', () => {
  const given = (value: unknown) => read({ x: JSON.stringify(value) }, (r) => r.structured('x'));
  const value = fc.jsonValue({ stringUnit: 'binary', depthSize: 'small' });

  test('is read as JSON, whatever it holds', () => {
    fc.assert(
      fc.property(fc.oneof(fc.array(value), fc.dictionary(fc.string({ unit: 'binary' }), value)), (one) => {
        expect(JSON.stringify(given(one))).toBe(JSON.stringify(one));
      }),
    );
  });

  test('is read however deep it is', () => {
    const deep = Array.from({ length: 2_000 }).reduce<unknown>((inner) => [inner], 'deep');
    expect(JSON.stringify(given(deep))).toBe(JSON.stringify(deep));
  });
});

describe('values', () => {
  test.each<[string, string, (r: InputReader) => unknown, unknown]>([
    ['an empty input is absent', '', (r) => r.text('x'), undefined],
    ['white space alone is absent', '  \n', (r) => r.text('x'), undefined],
    ['true', 'true', (r) => r.bool('x'), true],
    ['FALSE', 'FALSE', (r) => r.bool('x'), false],
    ['zero is a value', '0', (r) => r.integer('x'), 0],
    ['a negative number', '-3', (r) => r.integer('x'), -3],
    ['zero seconds', '0', (r) => r.duration('x'), 0],
    ['a duration', '1h30m', (r) => r.duration('x'), 5400],
    ['lines', 'a\n\n b \r\nc', (r) => r.lines('x'), ['a', 'b', 'c']],
    ['words', 'a, b\nc', (r) => r.words('x'), ['a', 'b', 'c']],
    ['YAML', 'a: [1, 2]', (r) => r.structured('x'), { a: [1, 2] }],
    ['JSON', '{"a": "b"}', (r) => r.structured('x'), { a: 'b' }],
    [
      'a value keeps = and quotes',
      'A=b=c "d" \nB=',
      (r) => r.pairs('x'),
      [
        ['A', 'b=c "d" '],
        ['B', ''],
      ],
    ],
  ])('%s', (_, value, reader, expected) => expect(read({ x: value }, reader)).toEqual(expected));
});

describe('problems', () => {
  test.each<[string, string, (r: InputReader) => unknown, string]>([
    ['yes is no boolean', 'yes', (r) => r.bool('x'), '`x` is "yes": expected true or false'],
    ['3x is no number', '3x', (r) => r.integer('x'), '`x` is "3x": expected a whole number'],
    [
      'a number out of range',
      '0',
      (r) => r.integer('x', { min: 1, max: 9 }),
      '`x` is "0": expected a whole number between 1 and 9',
    ],
    [
      'a duration of minutes and dots',
      '1.5h',
      (r) => r.duration('x'),
      '`x` is "1.5h": expected a duration such as 90s, 15m or 1h30m',
    ],
    [
      'a duration out of range',
      '8d',
      (r) => r.duration('x', { min: 60, max: 604_800 }),
      '`x` is "8d": expected a duration such as 90s, 15m or 1h30m between 1m00s and 168h00m',
    ],
    [
      'an unknown choice',
      'blue',
      (r) => r.oneOf('x', ['rolling', 'canary']),
      '`x` is "blue": expected one of rolling, canary',
    ],
    ['a line without =', 'A=1\nB', (r) => r.pairs('x'), '`x`: line 2 is not NAME=value'],
    [
      'a missing file',
      'checks.yml',
      (r) => r.structured('x'),
      '`x`: cannot read the file "checks.yml": ENOENT: no such file',
    ],
    ['YAML that does not parse', 'a: [1', (r) => r.structured('x'), '`x`: is not valid YAML at line 1'],
    ['a key twice in JSON', '[{"a": 1,\n"a": 2}]', (r) => r.structured('x'), '`x`: is not valid JSON at line 2'],
    ['a duplicate key', 'a: 1\na: 2', (r) => r.structured('x'), '`x`: is not valid YAML at line 2'],
  ])('%s', (_, value, reader, expected) => {
    const [problem = ''] = problemsOf({ x: value }, reader);
    expect(problem).toContain(expected);
  });

  test('all are reported together', () => {
    const problems = problemsOf({ a: 'maybe', b: '3x' }, (r) => [r.bool('a'), r.integer('b'), r.required('c')]);
    expect(problems).toEqual([
      '`a` is "maybe": expected true or false',
      '`b` is "3x": expected a whole number',
      '`c`: is required',
    ]);
  });

  test('an input that does not exist is one, with the nearest name', () => {
    expect(problemsOf({ timout: '5m' }, (r) => r.duration('timeout'))).toEqual([
      '`timout`: is no input of this action; did you mean `timeout`?',
    ]);
  });

  test('a value cannot forge a command or a second line', () => {
    const [problem = ''] = problemsOf({ x: 'a\n::error::b' }, (r) => r.bool('x'));
    expect(problem).not.toContain('\n');
  });
});

test.each([
  ['servces', 'services'],
  ['qqqqq', undefined],
])('the nearest name to %s is %s', (word, expected) => {
  expect(nearest(word, ['service', 'services', 'cluster'])).toBe(expected);
});
