import { parseServices } from '@hospital-ops/chat/services';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';

const ARN = 'arn:aws:ecs:ap-south-1:123456789012:task-definition/hospital-ops-production-api';

test('the services output of ecs-deploy is read', () => {
  const result = parseServices(
    JSON.stringify([
      {
        service: 'hospital-ops-production-api',
        name: 'api',
        outcome: 'rolled-back',
        reason: '3 of 3 new tasks stopped',
        old: { 'task-definition': `${ARN}:41`, version: '1.0.0', images: {} },
        new: { 'task-definition': `${ARN}:42`, version: '1.1.0', images: {} },
        serving: { 'task-definition': `${ARN}:41`, version: '1.0.0' },
        log: ['DB_URL is not set'],
        'duration-seconds': 12,
      },
    ]),
  );
  expect(result).toEqual({
    problems: [],
    services: [
      {
        name: 'api',
        outcome: 'rolled-back',
        reason: '3 of 3 new tasks stopped',
        old: { taskDefinition: 'hospital-ops-production-api:41', version: '1.0.0' },
        new: { taskDefinition: 'hospital-ops-production-api:42', version: '1.1.0' },
        serving: { taskDefinition: 'hospital-ops-production-api:41', version: '1.0.0' },
        log: ['DB_URL is not set'],
        durationSeconds: 12,
      },
    ],
  });
});

test.each([
  ['text that is no JSON', 'oops', 'it is not JSON'],
  ['an object', '{}', 'it is not a JSON array'],
  ['an item without outcome', '[{"name":"api"}]', 'item 1 has no known outcome (none)'],
  ['an outcome that nobody knows', '[{"name":"api","outcome":"fine"}]', 'item 1 has no known outcome (fine)'],
  ['an inherited name as outcome', '[{"outcome":"toString"}]', 'item 1 has no known outcome (toString)'],
  ['an item that is no object', '[7]', 'item 1 has no known outcome (none)'],
])('%s is a problem, never a success', (_, text, problem) => {
  const { services, problems } = parseServices(text);
  expect(problems).toEqual([problem]);
  expect(services.every(({ outcome }) => outcome === 'unknown')).toBe(true);
});

test('no JSON is too strange to be read', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const { services } = parseServices(JSON.stringify(value));
      for (const { name, log } of services) expect([name, ...log].every((text) => typeof text === 'string')).toBe(true);
    }),
  );
});
