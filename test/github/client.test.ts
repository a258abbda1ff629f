import { OpsError } from '@hospital-ops/action-kit/errors';
import { FakeClock } from '@hospital-ops/action-kit/fake-clock';
import { createGitHubApi } from '@hospital-ops/github/client';
import { failedAmong } from '@hospital-ops/github/look-ups';
import { afterEach, describe, expect, test } from '@jest/globals';
import { answer, startLoopback } from '../chat/loopback.ts';
import { jobOf, startFixture } from '../rehearsal/github/fixture.ts';
import type { LocalGitHub } from '../support/local-github.ts';
import { TOKEN } from '../support/local-github.ts';

const open: Array<{ close(): Promise<void> }> = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

const apiOf = (apiUrl: string, token = TOKEN) =>
  createGitHubApi({
    token,
    repository: { owner: 'rivercare', name: 'hospital-ops' },
    apiUrl,
    clock: new FakeClock(),
    signal: new AbortController().signal,
  });

const start = async (options: Parameters<typeof startFixture>[0] = {}): Promise<LocalGitHub> => {
  const fixture = await startFixture(options);
  open.push(fixture);
  return fixture;
};

test('every page of jobs is read, and the failed ones are told with their step', async () => {
  const jobs = Array.from({ length: 130 }, (_, at) =>
    jobOf(at + 1, at === 120 ? 'failure' : at === 121 ? 'cancelled' : null),
  );
  const { github } = await start({ jobs });
  const found = await apiOf(github.url).listJobs(99, 1);
  expect(found).toHaveLength(130);
  expect(failedAmong(found)).toEqual([
    { name: 'job 121', url: expect.stringContaining('/job/121'), step: 'step of 121' },
  ]);
});

test('a job that still runs has failed when a step of it did: it may be the one that sends the message', () => {
  const job = { id: 1, name: 'release', status: 'in_progress', conclusion: undefined, url: undefined };
  expect(failedAmong([{ ...job, failedStep: undefined }])).toEqual([]);
  expect(failedAmong([{ ...job, failedStep: 'Deploy' }])).toEqual([
    { name: 'release', url: undefined, step: 'Deploy' },
  ]);
});

test('a run tells when it began, and another is not found', async () => {
  const { github } = await start();
  expect(await apiOf(github.url).runStartedAt(99, 1)).toBe(Date.UTC(2026, 0, 1));
  await expect(apiOf(github.url).runStartedAt(98, 1)).rejects.toThrow('cannot read this run');
});

describe('compare', () => {
  test('what the base has more is counted, as for a release that goes back', async () => {
    const { github } = await start({ commits: 3 });
    expect(await apiOf(github.url).compare('main', 'v1.0.0', 10)).toMatchObject({ commits: [], total: 0, behind: 3 });
  });

  test.each([
    ['few commits', 3, 10, ['change 3', 'change 2', 'change 1']],
    ['more than are wanted', 20, 2, ['change 20', 'change 19']],
    ['more than one page', 101, 3, ['change 101', 'change 100', 'change 99']],
  ])('%s: the newest come first, and all are counted', async (_, commits, limit, subjects) => {
    const { github } = await start({ commits });
    const found = await apiOf(github.url).compare('v1.0.0', 'main', limit);
    expect(found.total).toBe(commits);
    expect(found.commits.map(({ subject }) => subject)).toEqual(subjects);
    expect(found.commits[0]?.author).toBe('Asha');
  });
});

describe('errors say what to do', () => {
  const refusal = (asking: Promise<unknown>) =>
    asking.then(
      () => undefined,
      (error: unknown) => error as OpsError,
    );

  test('a run that the token may not see names the permission', async () => {
    const { github } = await start();
    const error = await refusal(apiOf(github.url).listJobs(1, 1));
    expect(error).toBeInstanceOf(OpsError);
    expect(error?.next).toContain('actions: read');
  });

  test('a wrong token is named', async () => {
    const { github } = await start();
    expect((await refusal(apiOf(github.url, 'ghs_other').listJobs(99, 1)))?.why).toContain('token');
  });

  test('a failure of GitHub is tried again', async () => {
    const page = JSON.stringify({ total_count: 1, jobs: [{ id: 1, name: 'x' }] });
    const json = { 'content-type': 'application/json' };
    const server = await startLoopback('', [answer(502), answer(200, page, json)]);
    open.push(server);
    expect(await apiOf(server.url.origin).listJobs(99, 1)).toHaveLength(1);
  });

  test('no answer at all is told as such', async () => {
    const server = await startLoopback('', [answer(200)]);
    await server.close();
    expect((await refusal(apiOf(server.url.origin).listJobs(99, 1)))?.why).toBe('no answer came.');
  });
});
