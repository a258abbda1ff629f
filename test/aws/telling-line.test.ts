import { tellingLine, withTellingLine } from '@hospital-ops/aws/logs/telling-line';
import { expect, test } from '@jest/globals';

test.each<[string, string[], string | undefined]>([
  [
    'a stack and the version of Node say nothing',
    [
      'file:///app/server.js:1',
      'throw new Error("DESK_KEY is not set")',
      '      ^',
      '',
      'Error: DESK_KEY is not set',
      '    at file:///app/server.js:1:7',
      '',
      'Node.js v24.21.0',
    ],
    'Error: DESK_KEY is not set',
  ],
  ['an error before later chatter', ['Error: no database', 'shutting down'], 'Error: no database'],
  ['without an error the last words count', ['starting', 'bye'], 'bye'],
  ['nothing but noise', ['', '}', '    at x (y.js:1:1)'], undefined],
  ['no lines', [], undefined],
])('%s', (_, lines, expected) => expect(tellingLine(lines)).toBe(expected));

test('the reason stays a sentence', () => {
  expect(withTellingLine('container "api" exited 1', ['Error: x'])).toBe('container "api" exited 1. Log: "Error: x"');
  expect(withTellingLine('It failed.', [])).toBe('It failed.');
});
