import type { HistoryLine, Tag } from '@hospital-ops/git/tags';
import {
  highestTag,
  nearestTags,
  parseRemoteTags,
  parseVersionTag,
  previousTagCandidates,
} from '@hospital-ops/git/tags';
import { describe, expect, test } from '@jest/globals';

const tags = (...names: string[]): Tag[] => names.map((name) => ({ name, commit: name }));
const names = (list: readonly Tag[]) => list.map(({ name }) => name);

test('an annotated tag names the commit that it was peeled to', () => {
  const [a, b] = ['a'.repeat(40), 'b'.repeat(40)];
  expect(parseRemoteTags(`${a}\trefs/tags/v1.0.0\n${b}\trefs/tags/v1.0.0^{}\n${a}\trefs/tags/x/y\n`)).toEqual([
    { name: 'v1.0.0', commit: b },
    { name: 'x/y', commit: a },
  ]);
});

test.each([
  ['v1.2.3', 'v', '1.2.3'],
  ['1.2.3', '', '1.2.3'],
  ['api/v1.2.3-rc.1', 'api/v', '1.2.3-rc.1'],
  ['api-v10.20.30+build', 'api-v', '10.20.30+build'],
])('%s is a version tag', (name, prefix, version) => {
  expect(parseVersionTag(name)).toEqual({ prefix, version });
});

test.each(['v1', 'v1.2', 'nightly', 'v1.2.x', 'v1.2.3.4'])('%s is no version tag', (name) => {
  expect(parseVersionTag(name)).toBeUndefined();
});

test.each([
  ['a stable version follows stable ones', 'v2.0.0', ['v1.0.0', 'v2.0.0-rc.1'], ['v1.0.0']],
  ['a prerelease follows any version', 'v2.0.0-rc.2', ['v1.0.0', 'v2.0.0-rc.1'], ['v1.0.0', 'v2.0.0-rc.1']],
  ['a moving tag is no predecessor', 'v2.0.0', ['v1', 'v1.0', 'latest'], []],
  ['each series by itself', 'api-v2.0.0', ['api-v1.0.0', 'web-v1.0.0', 'v1.0.0'], ['api-v1.0.0']],
  ['a tag is not its own predecessor', 'v1.0.0', ['v1.0.0'], []],
  [
    'a tag that is no version follows any other',
    'nightly-2',
    ['nightly-1', 'v1.0.0', 'nightly-2'],
    ['nightly-1', 'v1.0.0'],
  ],
  ['a commit without a tag follows stable versions', undefined, ['v1.0.0', 'v2.0.0-rc.1', 'x'], ['v1.0.0']],
])('%s', (_, current, all, expected) => {
  expect(names(previousTagCandidates(tags(...all), current))).toEqual(expected);
});

describe('the nearest tags in a history', () => {
  const none = new Set<string>();

  test.each<[string, HistoryLine[], string[], string[]]>([
    ['are behind the head, not on it', [['v2', 'v1'], ['v1']], ['v2', 'v1'], ['v1']],
    ['hide those behind them', [['head', 'v2'], ['v2', 'v1'], ['v1']], ['v1', 'v2'], ['v2']],
    [
      'are several after a merge',
      [['head', 'v2', 'fix'], ['v2', 'v1'], ['fix', 'v1'], ['v1']],
      ['v1', 'v2', 'fix'],
      ['v2', 'fix'],
    ],
    ['are none without a tag', [['head', 'a'], ['a']], [], []],
  ])('%s', (_, history, candidates, expected) => {
    expect(nearestTags(history, tags(...candidates), none)).toEqual({ nearest: tags(...expected), certain: true });
  });

  test('are not certain where the history ends early on a way without a tag', () => {
    const history: HistoryLine[] = [['head', 'v1', 'side'], ['v1'], ['side']];
    expect(nearestTags(history, tags('v1'), new Set(['side'])).certain).toBe(false);
    expect(nearestTags(history, tags('v1'), new Set(['v1'])).certain).toBe(true);
  });

  test('are not certain where one may lie in what is missing behind another', () => {
    const history: HistoryLine[] = [
      ['head', 'late', 'early'],
      ['late', 'edge'],
      ['edge'],
      ['early', 'first'],
      ['first'],
    ];
    expect(nearestTags(history, tags('late', 'early'), new Set(['edge'])).certain).toBe(false);
    expect(nearestTags(history, tags('late', 'early'), new Set(['late'])).certain).toBe(false);
    expect(nearestTags(history, tags('late', 'early'), none).certain).toBe(true);
  });
});

test('of several tags the highest version wins, and a version over none', () => {
  expect(highestTag(tags('v1.9.0', 'v1.10.0', 'nightly'))?.name).toBe('v1.10.0');
  expect(highestTag(tags('nightly', 'v1.0.0'))?.name).toBe('v1.0.0');
  expect(highestTag([])).toBeUndefined();
});
