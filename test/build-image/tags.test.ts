import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import semver from 'semver';
import { reasonToStay, requestTags } from '../../actions/build-image/src/tags.ts';
import { World } from './world.ts';

const source = (version?: string) => ({ revision: 'abc', version });
const names = (asked: readonly string[] | undefined, version?: string) => {
  const { fixed, moving } = requestTags(asked, source(version));
  return { fixed, moving: moving.map(({ tag }) => tag) };
};

describe('what is asked for', () => {
  test.each<[string, string[] | undefined, string | undefined, string[], string[]]>([
    ['nothing: the commit', undefined, undefined, ['abc'], []],
    ['nothing for a release: its version too', undefined, '1.2.3', ['abc', '1.2.3'], []],
    [
      'levels by placeholder',
      ['{version}', '{major}.{minor}', '{major}', 'latest'],
      '1.2.3',
      ['1.2.3'],
      ['1.2', '1', 'latest'],
    ],
    ['levels as they are', ['1.2.3', '1.2', '1'], '1.2.3', ['1.2.3'], ['1.2', '1']],
    ['another version than the run has', ['1.1', '2'], '1.2.3', ['1.1', '2'], []],
    ['placeholders around other text', ['api-{version}', '{sha}-arm'], '1.2.3', ['api-1.2.3', 'abc-arm'], []],
    ['a version where there is none', ['{version}', '{major}', 'edge'], undefined, ['edge'], []],
    ['latest of a branch', ['latest'], undefined, [], ['latest']],
  ])('%s', (_, asked, version, fixed, moving) => {
    expect(names(asked, version)).toEqual({ fixed, moving });
  });
});

describe('a level moves', () => {
  const stays = (tag: string, version: string, existing: string[], mayMove: boolean | undefined = true) => {
    const moving = requestTags([tag], source(version)).moving[0];
    if (moving === undefined) throw new Error(`${tag} is no level of ${version}`);
    return reasonToStay(moving, source(version), existing, mayMove);
  };

  test.each([
    ['1.2', '1.2.3', ['1.2.2', '1.3.0', '2.0.0'], undefined],
    ['1', '1.2.3', ['1.2.2', '2.0.0', '0.9.0'], undefined],
    ['latest', '1.2.3', ['1.2.2', '2.0.0-rc.1', 'edge'], undefined],
    ['1.2', '1.2.3', ['1.2.4'], '1.2.4, which is higher'],
    ['1', '1.2.3', ['1.3.0'], '1.3.0, which is higher'],
    ['latest', '1.2.3', ['2.0.0'], '2.0.0, which is higher'],
    ['latest', '1.2.3-rc.1', [], 'is a prerelease'],
    ['1', '1.2.3-rc.1', [], 'is a prerelease'],
  ])('%s to %s where there are %j: stays because %p', (tag, version, existing, reason) => {
    const said = stays(tag, version, existing);
    if (reason === undefined) expect(said).toBeUndefined();
    else expect(said).toContain(reason);
  });

  test('never where the repository does not let it, and is tried where that is not known', () => {
    expect(stays('latest', '1.2.3', [], false)).toContain('does not let it move');
    expect(stays('latest', '1.2.3', [], undefined)).toBeUndefined();
  });

  test('to the highest release, in whatever order they come', () => {
    const version = fc.tuple(fc.nat(2), fc.nat(3), fc.nat(3)).map((parts) => parts.join('.'));
    fc.assert(
      fc.property(fc.uniqueArray(version, { minLength: 1, maxLength: 6 }), (releases) => {
        let latest = '';
        releases.forEach((release, index) => {
          if (stays('latest', release, releases.slice(0, index)) === undefined) latest = release;
        });
        expect(latest).toBe([...releases].sort(semver.rcompare)[0]);
      }),
    );
  });
});

describe('in a repository', () => {
  const asked = { repository: 'api', tags: '{version},{major},latest' };

  test('where tags move, levels are on the release, and the outputs say so', async () => {
    const world = new World();
    world.repository('api', 'mutable');
    world.push('api', 'old', ['1.1.0', '1', 'latest']);
    world.source = { ...world.source, version: '1.2.3' };
    const { outputs } = await world.run(asked);
    expect(JSON.parse(outputs.tags ?? '')).toEqual(['1.2.3', '1', 'latest']);
    expect(world.tagsOf('api')).toMatchObject({ '1.2.3': outputs.digest, 1: outputs.digest, latest: outputs.digest });
  });

  test('where they do not, the release is tagged all the same, with one notice for each level', async () => {
    const world = new World();
    world.repository('api', 'immutable');
    const old = world.push('api', 'old', ['1.1.0', 'latest']);
    world.source = { ...world.source, version: '1.2.3' };
    const { outputs, failure, log } = await world.run(asked);
    expect(failure).toBeUndefined();
    expect(JSON.parse(outputs.tags ?? '')).toEqual(['1.2.3']);
    expect(world.tagsOf('api').latest).toBe(old);
    expect(log.filter((line) => line.startsWith('notice: ') && line.includes('"latest"'))).toHaveLength(1);
  });

  test('where only a try tells, a refusal is a notice too', async () => {
    const world = new World();
    world.repository('api', 'with-exclusion');
    const old = world.push('api', 'old', ['latest']);
    const { failure, log } = await world.run({ repository: 'api', tags: 'latest' });
    expect(failure).toBeUndefined();
    expect(world.tagsOf('api').latest).toBe(old);
    expect(log.join('\n')).toContain(`stays on ${old}`);
  });

  test('a hotfix of an older line leaves `latest` where it is', async () => {
    const world = new World();
    world.repository('api', 'mutable');
    const newer = world.push('api', 'newer', ['2.0.0', '2', 'latest']);
    world.source = { ...world.source, version: '1.2.4' };
    await world.run(asked);
    expect(world.tagsOf('api')).toMatchObject({ 2: newer, latest: newer });
    expect(world.tagsOf('api')['1']).toBe(world.tagsOf('api')['1.2.4']);
  });
});
