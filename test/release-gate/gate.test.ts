import { OpsError } from '@hospital-ops/action-kit/errors';
import { FakeClock } from '@hospital-ops/action-kit/fake-clock';
import { createMemoryLog } from '@hospital-ops/action-kit/log';
import { createBranches } from '@hospital-ops/github/branches-client';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { runReleaseGate } from '../../actions/release-gate/src/run.ts';
import { tagVersion } from '../../actions/release-gate/src/tag-version.ts';
import { startFixture } from '../rehearsal/github/fixture.ts';
import type { LocalGitHub } from '../support/local-github.ts';
import { REPOSITORY, TOKEN } from '../support/local-github.ts';

describe('a tag', () => {
  test.each([
    ['refs/tags/v1.2.3', '1.2.3'],
    ['refs/tags/v0.0.1', '0.0.1'],
    ['refs/tags/v1.2.3+build.7', '1.2.3+build.7'],
  ])('%s is version %s', (ref, version) => expect(tagVersion(ref, false)).toBe(version));

  test.each([
    'refs/heads/v1.2.3',
    'refs/heads/main',
    'refs/tags/1.2.3',
    'refs/tags/v1.2',
    'refs/tags/v1',
    'refs/tags/v01.2.3',
    'refs/tags/v1.2.3.4',
    'refs/tags/vv1.2.3',
    'refs/tags/v=1.2.3',
    'refs/tags/v1.2.3-',
    'refs/tags/release/v1.2.3',
    'refs/tags/v1.2.3\n',
    '',
  ])('%j is refused', (ref) => expect(() => tagVersion(ref, true)).toThrow(OpsError));

  test('of a prerelease is taken only where prereleases are', () => {
    expect(() => tagVersion('refs/tags/v1.2.3-rc.1', false)).toThrow('is a prerelease');
    expect(tagVersion('refs/tags/v1.2.3-rc.1', true)).toBe('1.2.3-rc.1');
  });

  test('that is taken is the very version behind its v', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.stringMatching(/^[v=]{0,2}[0-9]{1,2}(\.[0-9]{1,2}){1,3}[-+ a.]{0,2}$/)),
        (tag) => {
          try {
            expect(`v${tagVersion(`refs/tags/${tag}`, true)}`).toBe(tag);
          } catch (error) {
            expect(error).toBeInstanceOf(OpsError);
          }
        },
      ),
    );
  });
});

describe('the commit', () => {
  let fixture: LocalGitHub;
  beforeAll(async () => {
    fixture = await startFixture({ commits: 3 });
    fixture.git('branch', 'release/1.x', 'topic');
  });
  afterAll(() => fixture.close());

  const [owner = '', name = ''] = REPOSITORY.split('/');
  const gate = (revision: string, releaseBranches: readonly string[], apiUrl = fixture.github.url) => {
    const repository = { owner, name };
    const signal = new AbortController().signal;
    const log = createMemoryLog();
    return runReleaseGate(
      { releaseBranches, prereleases: false, token: TOKEN },
      {
        ref: 'refs/tags/v1.1.0',
        sha: revision === 'unknown' ? '1'.repeat(40) : fixture.git('rev-parse', revision),
        branches: createBranches({ token: TOKEN, repository, apiUrl, clock: new FakeClock(), signal, log }),
        log,
      },
    );
  };

  test.each([
    ['the newest of the default branch', 'main', [], 'main'],
    ['an older one of the default branch', 'v1.0.0', [], 'main'],
    ['one of a named branch', 'topic', ['release/1.x'], 'release/1.x'],
    ['one of a branch that a pattern names', 'topic', ['hotfix/*', 'release/*'], 'release/1.x'],
  ])('that is %s may be released', async (_, revision, patterns, branch) => {
    expect((await gate(revision, patterns)).outputs).toEqual({ version: '1.1.0', branch });
  });

  test.each([
    ['on another branch', 'topic', []],
    ['on a branch that no pattern names', 'topic', ['release/2*']],
    ['not known', 'unknown', []],
  ])('that is %s is refused', async (_, revision, patterns) => {
    await expect(gate(revision, patterns)).rejects.toThrow('on none of the branches');
  });

  test('is refused when GitHub cannot be asked', async () => {
    await expect(gate('main', [], 'http://127.0.0.1:9')).rejects.toThrow(OpsError);
  });
});
