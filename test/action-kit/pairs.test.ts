import { formatPair, parsePairs } from '@hospital-ops/action-kit/pairs';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

const read = (text: string) => {
  const { pairs, problems } = parsePairs(text);
  expect(problems).toEqual([]);
  return pairs;
};

describe('a value is', () => {
  test.each([
    ['everything after the first =', 'A=b=c==', 'b=c=='],
    ['kept with its spaces and quotes', 'A= "x" \'y\' ', ' "x" \'y\' '],
    ['empty when nothing follows', 'A=', ''],
    ['taken with << after the =', 'A=x<<y', 'x<<y'],
    ['several lines between NAME<<END and END', 'A<<END\none\n two=2\n\nEND', 'one\n two=2\n'],
    ['empty for a block without lines', 'A<<END\nEND', ''],
    ['one empty line for a block that holds it and another', 'A<<END\n\n\nEND', '\n'],
    ['not ended by a line that only holds the word', 'A<<END\nEND.\n END\nTHE END\nEND', 'END.\n END\nTHE END'],
    ['read from lines that end in CRLF', 'A<<END\r\none\r\ntwo\r\nEND\r\nB=1\r\n', 'one\r\ntwo'],
    ['ended by a word with an = in it when << comes first', 'A<<x=y\none\nx=y', 'one'],
    ['kept when it looks like a comment or a variable', 'A=#${HOME}$(id)', '#${HOME}$(id)'],
  ])('%s', (_, text, value) => {
    expect(read(text)[0]).toEqual(['A', value]);
  });
});

test('pairs and blocks follow each other in order; blank lines are nothing', () => {
  const text = 'A=1\n\nB<<E\nC=not a pair\nE\n  \napi:D=4';
  expect(read(text)).toEqual([
    ['A', '1'],
    ['B', 'C=not a pair'],
    ['api:D', '4'],
  ]);
});

describe('a mistake is told by its line, never with the value', () => {
  test.each([
    ['a line without =', 'A=1\nsecret-value', /^line 2 is not NAME=value$/],
    ['a line without a name', '=secret-value', /^line 1 is not NAME=value$/],
    ['a block without a name', '<<END\nsecret-value\nEND', /^line 1 is not NAME<<END/],
    ['a block without a word', 'A<<\nsecret-value', /^line 1 is not NAME<<END/],
    [
      'a block without an end',
      'A=1\nB<<END\nsecret-value\n',
      /^B, begun in line 2, has no end: no line after it is just the word behind `<<`$/,
    ],
    ['a name given twice', 'A=1\nB=2\nA=secret-value', /^A stands in line 1 and again in line 3$/],
  ])('%s', (_, text, problem) => {
    const { problems } = parsePairs(text);
    expect(problems).toContainEqual(expect.stringMatching(problem));
    expect(problems.join()).not.toContain('secret-value');
  });
});

const names = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_:.-]{0,20}$/);
const values = fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^([\n\r=<> "]|END|A=1){0,12}$/));

test('any value survives being written and read', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.tuple(names, values), { selector: ([name]) => name }), (pairs) => {
      expect(read(pairs.map(formatPair).join('\n'))).toEqual(pairs);
    }),
  );
});

test('no text whatever makes reading throw', () => {
  fc.assert(fc.property(values, (text) => void parsePairs(text)));
});
