import { oneLineScalars } from '@hospital-ops/rehearsal/runner/one-line-scalars';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';

test.each([
  ['a folded block', 'a: >-\n  ${{ x ||\n  y }}\nb: 1\n'],
  ['a literal block', 'a: |\n  echo ${{ x }}\n\n  echo "y"\nb: 1\n'],
  ['a kept literal block', 'a:\n  - |+\n    echo ${{ x }}\n\nb: 1\n'],
  ['a quoted text over lines', 'a: "${{ x ||\n  y }}"\nb: 1\n'],
  ['a plain text over lines', 'a: x ${{ x ||\n  y }}\nb: 1\n'],
  ['a block at the end without line end', 'b: 1\na: >-\n  ${{ x }}\n  z'],
])('%s keeps its value, and what follows keeps its line', (_, text) => {
  const flat = oneLineScalars(text);
  expect(parse(flat)).toEqual(parse(text));
  const lineOf = (source: string) => source.split('\n').findIndex((line) => line.startsWith('b: '));
  expect(lineOf(flat)).toBe(lineOf(text));
  expect(flat).toContain('"');
});

test.each([
  ['a block without an expression', 'a: |\n  x\n  y\n'],
  ['one line', 'a: ${{ x }}\n'],
  ['text that does not parse', 'a: [\n'],
])('%s stays as it is', (_, text) => expect(oneLineScalars(text)).toBe(text));
