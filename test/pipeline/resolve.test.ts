import { readFileSync } from 'node:fs';
import { loadPipeline } from '@hospital-ops/pipeline/load';
import { fillPlaceholders } from '@hospital-ops/pipeline/placeholders';
import { resolveEnvironment } from '@hospital-ops/pipeline/resolve';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

const sample = readFileSync(new URL('../fixtures/hospital-ops/.github/hospital-ops.yml', import.meta.url), 'utf8');
const release = { sha: 'a'.repeat(40), version: '1.1.0' };

describe('an environment of the sample hospital', () => {
  const production = resolveEnvironment(loadPipeline(sample), 'production', release);

  test('has its names resolved', () => {
    expect(production).toMatchObject({
      region: 'ap-south-1',
      cluster: 'hospital-ops-production',
      url: 'https://api.example.org',
      promoteFrom: 'staging',
    });
    expect(production.services.get('api')).toMatchObject({
      service: 'hospital-ops-production-api',
      container: 'api',
      url: 'https://api.example.org',
      build: { repository: 'hospital-ops-api', dockerfile: 'infrastructure/docker/api/Dockerfile' },
      migrations: { taskDefinition: 'hospital-ops-production-migrate' },
    });
  });

  test('has checks that ask its own address for the released version', () => {
    expect(production.services.get('api')?.smoke).toContainEqual(
      expect.objectContaining({ url: 'https://api.example.org/version', 'expect-version': '1.1.0' }),
    );
  });

  test('leaves nothing in braces', () => {
    expect(JSON.stringify([...production.services.values(), production.cluster])).not.toMatch(/\{[a-z]+\}/);
  });
});

test('an environment that is not there is an error with the nearest one', () => {
  expect(() => resolveEnvironment(loadPipeline(sample), 'prodution', release)).toThrow('did you mean "production"?');
});

test.each([
  ['every place is filled', '{project}/{service}/{project}', 'shop/api/shop'],
  ['doubled braces stay as text', '{{project}}', '{project}'],
  ['JSON is no placeholder', '{"a":{"b":1}}', '{"a":{"b":1}}'],
  ['a value is not filled again', '{version}', '{project}'],
])('placeholders: %s', (_, text, expected) => {
  const problems: string[] = [];
  const values = { project: 'shop', service: 'api', version: '{project}' };
  expect(fillPlaceholders(text, values, (message) => problems.push(message))).toBe(expected);
  expect(problems).toEqual([]);
});

test('placeholders: text without braces is never changed', () => {
  fc.assert(
    fc.property(
      fc.string().filter((text) => !text.includes('{')),
      (text) => fillPlaceholders(text, { project: 'x' }, () => {}) === text,
    ),
  );
});
