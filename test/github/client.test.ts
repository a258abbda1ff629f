import { OpsError } from '@hospital-ops/action-kit/errors';
import { FakeClock } from '@hospital-ops/action-kit/fake-clock';
import { createMemoryLog } from '@hospital-ops/action-kit/log';
import { createGitHubApi } from '@hospital-ops/github/client';
import { failedAmong } from '@hospital-ops/github/look-ups';
import type { GitHubClientOptions } from '@hospital-ops/github/requests';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { Step } from '../chat/loopback.ts';
import { answer, startLoopback } from '../chat/loopback.ts';
import { jobOf, startFixture } from '../rehearsal/github/fixture.ts';
import type { LocalGitHub } from '../support/local-github.ts';
import { TOKEN } from '../support/local-github.ts';

const open: Array<{ close(): Promise<void> }> = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

const apiOf = (apiUrl: string, token = TOKEN, options: Partial<GitHubClientOptions> = {}) =>
  createGitHubApi({
    token,
    repository: { owner: 'rivercare', name: 'hospital-ops' },
    apiUrl,
    clock: new FakeClock(),
    signal: new AbortController().signal,
    log: createMemoryLog(),
    ...options,
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

describe('a rate limit', () => {
  const json = { 'content-type': 'application/json' };
  const page = answer(200, JSON.stringify({ total_count: 1, jobs: [{ id: 1, name: 'x' }] }), json);
  const said = (message: string) => JSON.stringify({ message });
  const PRIMARY = said('API rate limit exceeded for installation ID 7.');
  const SECONDARY = said('You have exceeded a secondary rate limit. Please wait a few minutes.');
  /** The clock's, in 40 s. */
  const RESET = String(Date.UTC(2026, 0, 1) / 1000 + 40);

  const play = async (steps: readonly Step[], options: Partial<GitHubClientOptions> = {}) => {
    const server = await startLoopback('', steps);
    open.push(server);
    const clock = new FakeClock();
    const log = createMemoryLog();
    const api = apiOf(server.url.origin, TOKEN, { clock, log, ...options });
    return { api, clock, log, server };
  };

  test.each([
    ['429 with seconds', 429, SECONDARY, { 'retry-after': '7' }, 7_000],
    ['429 with a date', 429, SECONDARY, { 'retry-after': 'Thu, 01 Jan 2026 00:00:09 GMT' }, 9_000],
    ['429 that says nothing', 429, '', {}, 60_000],
    ['403 with seconds', 403, SECONDARY, { 'retry-after': '30' }, 30_000],
    ['403 with a reset', 403, PRIMARY, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': RESET }, 40_000],
    ['403 with nothing remaining and no reset', 403, PRIMARY, { 'x-ratelimit-remaining': '0' }, 60_000],
    ['403 that says so in words', 403, SECONDARY, {}, 60_000],
    ['no time at all', 429, SECONDARY, { 'retry-after': '0' }, 1_000],
  ])('by %s is waited out, and told', async (_, status, body, headers: Record<string, string>, waited) => {
    const { api, clock, log } = await play([answer(status, body, { ...json, ...headers }), page]);
    expect(await api.listJobs(99, 1)).toHaveLength(1);
    expect(clock.sleeps).toEqual([waited]);
    expect(log.lines.join()).toContain("GitHub's rate limit is used up; the next try is in");
  });

  test('that refused a write is waited out too: nothing was carried out', async () => {
    const limited = answer(403, SECONDARY, { ...json, 'retry-after': '5' });
    const { api, server } = await play([limited, answer(201, '{"id":12}', json)]);
    const deployment = { sha: 'a'.repeat(40), environment: 'x', description: '', payload: {} };
    expect(await api.createDeployment({ ...deployment, isTransient: false, isProduction: false })).toBe(12);
    expect(server.bodies).toHaveLength(2);
  });

  test.each([
    ['lasts longer than anybody waits', { 'retry-after': '3600' }, []],
    ['comes again and again', { 'retry-after': '50' }, [50_000, 50_000]],
  ])('that %s is told', async (_, headers: Record<string, string>, waits) => {
    const { api, clock } = await play([answer(429, SECONDARY, { ...json, ...headers })]);
    const error = await api.listJobs(99, 1).catch((failure: unknown) => failure as OpsError);
    expect(error).toMatchObject({ why: "GitHub's rate limit is used up.", next: 'run the job again later.' });
    expect(clock.sleeps).toEqual(waits);
  });

  test.each([
    ['a permission that is missing', 403, said('Resource not accessible by integration'), {}],
    ['what is not there', 404, said('Not Found'), { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': RESET }],
  ])('is not %s', async (_, status, body, headers: Record<string, string>) => {
    const { api, clock } = await play([answer(status, body, { ...json, ...headers })]);
    await expect(api.listJobs(99, 1)).rejects.toThrow('cannot list the jobs');
    expect(clock.sleeps).toEqual([]);
  });

  test('a commit that GitHub does not have is told as that', async () => {
    const { api } = await play([answer(422, said('No ref found for: aaaa'), json)]);
    const deployment = {
      sha: 'a',
      environment: 'e',
      description: '',
      payload: {},
      isTransient: false,
      isProduction: true,
    };
    const error = await api.createDeployment(deployment).catch((failure: unknown) => failure as OpsError);
    expect(error).toMatchObject({ why: 'GitHub does not have this commit.', next: 'push it, then run this again.' });
  });

  test('keeps nobody for what is only good to have, or longer than a message has', async () => {
    const limited = answer(429, SECONDARY, { ...json, 'retry-after': '11' });
    const { api, clock } = await play([limited], { patienceMs: 10_000 });
    await expect(api.runStartedAt(99, 1)).rejects.toThrow('cannot read this run');
    await expect(api.compare('a', 'b', 1)).rejects.toThrow('cannot compare');
    expect(clock.sleeps).toEqual([]);
  });
});
