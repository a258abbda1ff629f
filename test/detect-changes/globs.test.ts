import { readFileSync } from 'node:fs';
import type { Change } from '@hospital-ops/git/diff';
import { expect, test } from '@jest/globals';
import { parseFilters } from '../../actions/detect-changes/src/filters.ts';
import { matchesList } from '../../actions/detect-changes/src/patterns.ts';

interface Case {
  readonly id: string;
  readonly filters: unknown;
  readonly files: ReadonlyArray<{ readonly path: string; readonly status: string }>;
  readonly expected: Readonly<Record<string, boolean>>;
}

const cases = JSON.parse(
  readFileSync(new URL('../fixtures/detect-changes/globs.json', import.meta.url), 'utf8'),
) as readonly Case[];

const change = (path: string, status: Change['status'] = 'modified'): Change => ({ path, status });

test.each(cases.map((one) => [one.id, one] as const))('%s', (_, { filters, files, expected }) => {
  const parsed = parseFilters(JSON.stringify(filters), new Set());
  expect(parsed.problems).toEqual([]);
  // A change of type reaches the filters as a modification.
  const changes = files.map(({ path, status }) =>
    change(path, status === 'type-changed' ? 'modified' : (status as Change['status'])),
  );
  const actual = parsed.filters.map(({ name, rules }) => [name, changes.some((file) => matchesList(rules, file))]);
  expect(Object.fromEntries(actual)).toEqual(expected);
});
