import { execFileSync } from 'node:child_process';
import { expect } from '@jest/globals';
import fc from 'fast-check';
import type { Check } from '../../actions/smoke-test/src/check.ts';
import { renderJunit } from '../../actions/smoke-test/src/junit.ts';
import type { CheckResult } from '../../actions/smoke-test/src/watch.ts';
import { testWithProgram } from '../support/engines.ts';
import { HOSTILE } from '../support/hostile.ts';
import { parseInputs } from './smoke-run.ts';

/** Reads documents with expat, a parser that takes nothing but XML; prints what it found. */
const READER = `
import json, sys
import xml.etree.ElementTree as tree
found = []
for text in json.load(sys.stdin):
    root = tree.fromstring(text.encode("utf-8"))
    cases = [[case.get("name"), [child.tag for child in case]] for case in root.iter("testcase")]
    found.append({"tag": root.tag, "suite": root.find("testsuite").attrib, "cases": cases})
print(json.dumps(found))
`;

const [template] = parseInputs({ url: 'https://api.example.org/' }).checks as [Check];

const resultOf = (name: string, got: string, outcome: CheckResult['outcome']): CheckResult => ({
  check: { ...template, name },
  outcome,
  attempts: 2,
  inARow: 0,
  failures: outcome === 'failed' ? [{ assertion: 'body', expected: got, got }] : [],
  latencies: [1, 2],
  durationMs: 1_234,
});

testWithProgram('python3', 'what a strict parser reads in any JUnit file is what was checked', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: 'grapheme' }),
    fc.constantFrom(HOSTILE, ']]>', '<!--', '\ud800', '\u0000', '\ufffe', '&#0;'),
  );
  const result = fc
    .tuple(text, text, fc.constantFrom<CheckResult['outcome']>('passed', 'failed', 'cancelled'))
    .map((given) => resultOf(...given));
  const many = fc.sample(fc.array(result, { maxLength: 4 }), 200);
  const documents = many.map((results) => renderJunit(results, 0, (value) => value));
  // No document may depend on a lenient encoder: what is written is what is read.
  const input = JSON.stringify(documents.map((document) => Buffer.from(document, 'utf8').toString('utf8')));
  const found = JSON.parse(execFileSync('python3', ['-c', READER], { input, encoding: 'utf8', maxBuffer: 64e6 }));
  const kinds = { passed: [], failed: ['failure'], cancelled: ['error'] };
  for (const [index, results] of many.entries()) {
    const count = (outcome: string) => String(results.filter((each) => each.outcome === outcome).length);
    expect(found[index].tag).toBe('testsuites');
    expect(found[index].suite).toMatchObject({
      tests: String(results.length),
      failures: count('failed'),
      errors: count('cancelled'),
    });
    expect(found[index].cases.map(([, inside]: [string, string[]]) => inside)).toEqual(
      results.map(({ outcome }) => kinds[outcome]),
    );
  }
});
