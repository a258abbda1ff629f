import { FakeClock } from '@hospital-ops/action-kit/fake-clock';
import { createMemoryLog } from '@hospital-ops/action-kit/log';
import { createBranches } from '@hospital-ops/github/branches-client';
import { createPullRequests } from '@hospital-ops/github/pull-requests-client';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { runBackMerge } from '../../actions/back-merge/src/run.ts';
import { startFixture } from '../rehearsal/github/fixture.ts';
import type { LocalGitHub } from '../support/local-github.ts';
import { REPOSITORY, TOKEN } from '../support/local-github.ts';

let fixture: LocalGitHub;
beforeEach(async () => {
  fixture = await startFixture();
});
afterEach(() => fixture.close());

const [owner = '', name = ''] = REPOSITORY.split('/');
const bringBack = (head: string, revision = head, more: { base?: string; reason?: string; token?: string } = {}) => {
  const token = more.token ?? TOKEN;
  const options = {
    token,
    repository: { owner, name },
    apiUrl: fixture.github.url,
    clock: new FakeClock(),
    signal: new AbortController().signal,
    log: createMemoryLog(),
  };
  return runBackMerge(
    {
      head,
      sha: fixture.git('rev-parse', revision),
      base: more.base,
      title: undefined,
      reason: more.reason,
      token,
    },
    {
      branches: createBranches(options),
      pullRequests: createPullRequests(options),
      runUrl: 'https://github.com/rivercare/hospital-ops/actions/runs/99',
      log: createMemoryLog(),
      redact: (text) => text.replaceAll('hunter2', '***'),
    },
  );
};
const opened = () => fixture.github.pullRequests().map(({ head, base }) => `${head} → ${base}`);

test('a hotfix branch comes back to the default branch once, and says why', async () => {
  const { outputs } = await bringBack('topic', 'topic', { reason: '@all beds [x](y) hunter2' });
  expect(outputs.result).toBe('opened');
  expect(opened()).toEqual(['topic → main']);
  const [{ title = '', body = '' } = {}] = fixture.github.pullRequests();
  expect(title).toBe('Bring the hotfix topic back to main');
  expect(body).toContain('beds');
  expect(body).not.toMatch(/@all|\[x\]|hunter2/);
  expect((await bringBack('topic')).outputs).toMatchObject({ result: 'exists', number: outputs.number });
  expect(opened()).toHaveLength(1);
});

test.each([
  ['a tag', 'v9', () => fixture.git('tag', 'v9', 'topic')],
  ['a branch that is gone', 'hotfix/gone', () => ''],
  ['a branch that was moved back', 'hotfix/moved', () => fixture.git('branch', 'hotfix/moved', 'v1.0.0')],
])('%s gets a branch of its own', async (_, head, prepare) => {
  prepare();
  expect((await bringBack(head, 'topic')).outputs.result).toBe('opened');
  const own = `back-merge/${fixture.git('rev-parse', 'topic').slice(0, 12)}`;
  expect(opened()).toEqual([`${own} → main`]);
  expect(fixture.git('rev-parse', own)).toBe(fixture.git('rev-parse', 'topic'));
  // The job may be run again.
  expect((await bringBack(head, 'topic')).outputs.result).toBe('exists');
});

test('nothing is brought back that the base has', async () => {
  expect((await bringBack('main', 'v1.0.0')).outputs).toEqual({ result: 'nothing' });
  expect(opened()).toEqual([]);
});

test('a refusal fails the step: somebody has to do it by hand', async () => {
  await expect(bringBack('topic', 'topic', { base: 'nowhere' })).rejects.toThrow('cannot open the pull request');
  await expect(bringBack('topic', 'topic', { token: 'ghs_other' })).rejects.toThrow('401');
});
