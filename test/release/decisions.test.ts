import { cutSection, notesOf } from '@hospital-ops/tooling/release/changelog';
import { parseVersion, standingOf } from '@hospital-ops/tooling/release/version';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compare, major } from 'semver';

describe('a version', () => {
  test.each(['1.2.3', '0.1.0', '1.2.3-rc.1'])('%s is one', (text) => expect(parseVersion(text)).toBe(text));
  test.each([undefined, '', 'v1.2.3', '1.2', '1.2.3+5', ' 1.2.3', '01.2.3', 'latest', '1.2.3 ; x'])(
    '%j is none',
    (text) => expect(() => parseVersion(text)).toThrow(text === undefined ? /no version is given/ : /is no version/),
  );
});

describe('tags that move', () => {
  test.each([
    ['1.0.0', [], ['v1.0', 'v1'], true],
    ['1.2.4', ['v1.2.3', 'v1.2', 'v1'], ['v1.2', 'v1'], true],
    ['1.2.4', ['v1.3.0', 'v1.2.3'], ['v1.2'], false],
    ['1.9.0', ['v2.0.0', 'v1.8.0'], ['v1.9', 'v1'], false],
    ['1.2.3', ['v1.2.3', 'v1.2.4'], [], false],
    ['2.0.0', ['v2.0.0-rc.1', 'v1.9.0'], ['v2.0', 'v2'], true],
    ['2.0.0-rc.1', ['v1.9.0'], [], false],
    ['1.2.4', ['v1.3.0-rc.1', 'vfoo', 'other'], ['v1.2', 'v1'], true],
  ])('%s among %j: %j', (version, tags, moving, latest) => {
    expect(standingOf(version, tags)).toEqual({ moving, latest });
  });

  test('v1 never goes back, in whatever order releases are made', () => {
    const versions = fc.tuple(fc.nat(2), fc.nat(3), fc.nat(3)).map((numbers) => numbers.join('.'));
    fc.assert(
      fc.property(fc.uniqueArray(versions, { maxLength: 12 }), (order) => {
        const at = new Map<string, string>();
        const made: string[] = [];
        for (const version of order) {
          for (const tag of standingOf(version, made).moving) {
            expect(compare(version, at.get(tag) ?? '0.0.0')).toBeGreaterThanOrEqual(0);
            at.set(tag, version);
          }
          made.push(`v${version}`);
        }
        for (const [tag, version] of at) if (/^v\d+$/.test(tag)) expect(`v${major(version)}`).toBe(tag);
      }),
    );
  });
});

describe('the changelog', () => {
  const text = '# Changelog\n\n## Unreleased\n\n- New.\n\n## 1.0.0 (2026-01-02)\n\n- First.\n';
  test('a release has the notes of its section', () => expect(notesOf(text, '1.0.0')).toBe('- First.'));
  test('a prerelease without a section has what is unreleased', () =>
    expect(notesOf(text, '1.1.0-rc.1')).toBe('- New.'));
  test('a release without a section has none', () =>
    expect(() => notesOf(text, '1.1.0')).toThrow('CHANGELOG.md says nothing of 1.1.0.'));
  test('what is unreleased becomes a section, above it is room for the next', () => {
    const cut = cutSection(text, '1.1.0', '2026-11-29');
    expect(cut).toBe(
      '# Changelog\n\n## Unreleased\n\n## 1.1.0 (2026-11-29)\n\n- New.\n\n## 1.0.0 (2026-01-02)\n\n- First.\n',
    );
    expect(notesOf(cut, '1.1.0')).toBe('- New.');
    expect(() => cutSection(cut, '1.2.0', '2026-11-30')).toThrow(/nothing under "## Unreleased"/);
    expect(() => cutSection(cut, '1.1.0', '2026-11-30')).toThrow(/has a section of 1.1.0 already/);
  });
});
