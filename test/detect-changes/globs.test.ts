import { readFileSync } from 'node:fs';
import type { Change } from '@hospital-ops/git/diff';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import picomatch from 'picomatch';
import { parseFilters } from '../../actions/detect-changes/src/filters.ts';
import { matchesList, mayTake, parseRule } from '../../actions/detect-changes/src/patterns.ts';

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

describe('a list of patterns', () => {
  const part = fc.constantFrom('a', 'b', 'apps', '.env', 'x.ts', 'y.md', 'a\nb', 'é', 'a b');
  const path = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
  const globPart = fc.constantFrom(
    'a',
    'b',
    'apps',
    '*',
    '**',
    '*.ts',
    '?',
    '{a,b}',
    '@(a|b)',
    '!(a)',
    '[ab]',
    '.*',
    '+(a)',
    'a*',
    '*b',
  );
  const glob = fc.array(globPart, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
  const rule = fc.tuple(fc.boolean(), glob).map(([negated, text]) => parseRule(negated ? `!${text}` : text));
  const status = fc.constantFrom('added' as const, 'modified' as const, 'deleted' as const);
  const file = fc.tuple(path, status).map(([name, kind]) => change(name, kind));
  const list = fc.array(rule, { maxLength: 4 });

  test('with `!p` at its end takes exactly what it took before and p does not match', () => {
    fc.assert(
      fc.property(list, rule, glob, file, (before, first, last, one) => {
        const start = [{ ...first, negated: false }, ...before];
        const expected = matchesList(start, one) && !matchesList([parseRule(last)], one);
        expect(matchesList([...start, parseRule(`!${last}`)], one)).toBe(expected);
      }),
    );
  });

  test('with `p` at its end takes what it took before and what p matches', () => {
    fc.assert(
      fc.property(list, rule, glob, file, (before, first, last, one) => {
        const start = [{ ...first, negated: false }, ...before];
        const expected = matchesList(start, one) || matchesList([parseRule(last)], one);
        expect(matchesList([...start, parseRule(last)], one)).toBe(expected);
      }),
    );
  });

  test('of one `!p` takes what p does not', () => {
    fc.assert(
      fc.property(
        glob,
        file,
        (text, one) => matchesList([parseRule(`!${text}`)], one) !== matchesList([parseRule(text)], one),
      ),
    );
  });

  test.each([
    ['app/(auth)/**', 'app/(auth)/login/page.tsx', true],
    ['app/(auth)/**', 'app/auth/page.tsx', true],
    ['app/(auth)/**', 'app/(shop)/page.tsx', false],
    ['app/(a|b)/**', 'app/a/page.tsx', true],
    ['app/@(auth)/**', 'app/(auth)/page.tsx', false],
    ['app/!(auth)/*', 'app/(auth)/page.tsx', true],
    ['**/(shop)/*.tsx', 'web/(shop)/page.tsx', true],
    ['docs/a"b*.md', 'docs/a"b c.md', true],
    ['docs/"a*"/*', 'docs/a*/x', true],
    ['docs/"a*"/*', 'docs/"ab"/x', true],
    ['docs/"a*"/*', 'docs/ab/x', false],
    ['./', 'a/b', true],
    ['/', '.env', true],
    ['.', 'a', true],
  ])('%s takes %s: %s', (pattern, path, expected) => {
    expect(matchesList([parseRule(pattern)], change(path, 'modified'))).toBe(expected);
  });

  test('means the same with `/` or `./` before its patterns', () => {
    fc.assert(
      fc.property(glob, fc.constantFrom('/', './', '././'), file, (text, lead, one) => {
        expect(matchesList([parseRule(`${lead}${text}`)], one)).toBe(matchesList([parseRule(text)], one));
      }),
    );
  });

  test('takes no file of a folder that it says it cannot', () => {
    fc.assert(
      fc.property(list, file, (rules, one) => {
        const folder = one.path.slice(0, one.path.lastIndexOf('/') + 1);
        if (matchesList(rules, one)) expect(mayTake(rules, folder)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  test('matches as picomatch does', () => {
    fc.assert(
      fc.property(glob, path, (text, name) => {
        const options = { dot: true, windows: false, flags: 's' };
        expect(matchesList([parseRule(text)], change(name))).toBe(picomatch(text, options)(name));
      }),
      { numRuns: 2_000 },
    );
  });
});

test.each([
  ['!(docs/**|web/**)', 'docs/a.md', false],
  ['!(docs/**|web/**)', 'web/a/b.ts', false],
  ['!(docs/**|web/**)', 'api/a.ts', true],
  ['!(web/**|docs/**)**', 'web/a/b.ts', false],
  ['!(**/*.md|docs/**)', 'README.md', false],
  ['docs/', 'docs/a/b.md', true],
  ['docs/', 'documents/a.md', false],
  ['!!docs/**', 'docs/a.md', true],
  ['{added|MODIFIED: docs/**}', 'docs/a.md', true],
  ['{ deleted: "!docs/**" }', 'apps/a.ts', false],
])('%s for the modified file %s: %s', (pattern, path, expected) => {
  const text = pattern.startsWith('{') ? `f: [${pattern}]` : `f: ["${pattern}"]`;
  const { filters, problems } = parseFilters(text, new Set());
  expect(problems).toEqual([]);
  expect(filters.map(({ rules }) => matchesList(rules, change(path)))).toEqual([expected]);
});

test('a filter file of paths-filter, with anchors, lists in lists, merge keys and predicates, is read as it stands', () => {
  const text = `shared: &shared
  - common/**
  - "!common/docs/**"
changed: &changed
  added|Modified: src/**
src:
  - *shared
  - *changed
  - deleted: [old/**, *shared]
rest:
  <<: *changed
`;
  const { filters, problems } = parseFilters(text, new Set());
  expect([filters.map(({ name }) => name), problems]).toEqual([['shared', 'changed', 'src', 'rest'], []]);
  const src = filters.find(({ name }) => name === 'src');
  const taken = (path: string, status: Change['status']) => matchesList(src?.rules ?? [], change(path, status));
  expect([
    taken('common/a', 'modified'),
    taken('common/docs/a', 'modified'),
    taken('src/a', 'modified'),
    taken('src/a', 'deleted'),
    taken('old/a', 'deleted'),
    taken('old/a', 'added'),
  ]).toEqual([true, false, true, false, true, false]);
});

test.each([
  [
    'a word that is no status',
    'api:\n  - renamed: a/**',
    ['line 2: "renamed" is no status; known are added, modified, deleted'],
  ],
  [
    'a name that cannot be an output',
    'my api: a/**',
    [expect.stringMatching(/^line 1: the filter "my api" cannot be an output/)],
  ],
  ['a name of an output', 'a: a\nChanges: b', ['line 2: the filter "Changes" is called like an output of this action']],
  ['names that differ in case alone', 'api: a\nAPI: b', ['line 2: the filters "api" and "API" would be one output']],
  [
    'a pattern that cannot be compiled',
    'api: "[z-a]"',
    [expect.stringMatching(/^line 1: the pattern "\[z-a\]" cannot be read/)],
  ],
  ['an empty pattern', 'api: ["!"]', ['line 1: the pattern "!" is empty']],
  ['a number', 'api: [1]', [expect.stringMatching(/^line 1: expected a pattern/)]],
  ['a filter without patterns', 'api:', [expect.stringMatching(/^line 1: expected a pattern/)]],
  ['no filters', '[]', [expect.stringMatching(/^line 1: expected a map of filter names to patterns, or the path/)]],
  ['YAML that is not', 'api: [', [expect.stringMatching(/^line 1: is not valid YAML/)]],
  [
    'several mistakes',
    'a-b: a\n1x: b\nc:\n  - moved: d',
    [expect.stringMatching(/^line 2/), expect.stringMatching(/^line 4/)],
  ],
])('refused: %s', (_, text, problems) => {
  expect(parseFilters(text, new Set(['changes'])).problems).toEqual(problems);
});
