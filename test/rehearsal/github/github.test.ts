import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { LocalGitHub } from '../../support/local-github.ts';
import { REPOSITORY, TOKEN } from '../../support/local-github.ts';
import { jobOf, startFixture } from './fixture.ts';

let fixture: LocalGitHub;
beforeAll(async () => {
  fixture = await startFixture({ commits: 2, files: 3_005, jobs: [jobOf(1, 'success'), jobOf(2, 'failure')] });
});
afterAll(() => fixture.close());

const call = async (method: string, path: string, body?: unknown, token: string | undefined = TOKEN) => {
  const answer = await fetch(`${fixture.github.url}${path}`, {
    method,
    headers: token === '' ? {} : { authorization: `Bearer ${token}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return {
    status: answer.status,
    link: answer.headers.get('link'),
    body: (await answer.json()) as Record<string, unknown>,
  };
};
const at = (path: string) => `/repos/${REPOSITORY}${path}`;
const get = (path: string) => call('GET', at(path));

test.each([
  ['another token', 'ghs_other', 401, 'Bad credentials'],
  ['no token', '', 404, 'Not Found'],
])('%s is answered by %s', async (_, token, status, message) => {
  expect(await call('GET', at(''), undefined, token)).toMatchObject({ status, body: { message } });
});

test.each([
  ['GET', '/user'],
  ['GET', at('/releases')],
  ['POST', at('/git/tags')],
  ['DELETE', at('/deployments/1')],
])('%s %s is refused by name', async (method, path) => {
  const { status, body } = await call(method, path);
  expect([status, body.message]).toEqual([501, expect.stringContaining(path)]);
});

test('another repository does not exist', async () => {
  expect((await call('GET', '/repos/rivercare/other')).status).toBe(404);
});

describe('what git knows', () => {
  test('a comparison counts commits and lists files', async () => {
    const { body } = await get('/compare/v1.0.0...main');
    expect(body).toMatchObject({ status: 'ahead', ahead_by: 2, behind_by: 0, total_commits: 2 });
    expect(body.files).toEqual([{ filename: 'a.txt', status: 'modified' }]);
    expect((body.commits as Array<{ sha: string }>).at(-1)?.sha).toBe(fixture.git('rev-parse', 'main'));
  });

  test('an unknown revision, and one that git would take as an option, is not found', async () => {
    expect((await get('/compare/v9...main')).status).toBe(404);
    expect((await get('/compare/--output=x...main')).status).toBe(404);
  });

  test('tags and refs', async () => {
    const first = fixture.git('rev-parse', 'v1.0.0');
    expect((await get('/tags')).body).toEqual([{ name: 'v1.0.0', commit: { sha: first } }]);
    expect((await get('/git/ref/tags/v1.0.0')).body).toMatchObject({ ref: 'refs/tags/v1.0.0', object: { sha: first } });
    expect((await get('/git/ref/tags/v1')).status).toBe(404);
    expect((await get('/git/matching-refs/tags/v1')).body).toHaveLength(1);
  });

  test('files of a pull request come in pages, 3,000 of them at most', async () => {
    const all: Array<{ filename: string }> = [];
    let path = '/pulls/7/files?per_page=100';
    for (let pages = 0; pages < 40 && path !== ''; pages += 1) {
      const { body, link } = await get(path);
      all.push(...(body as unknown as Array<{ filename: string }>));
      const [, next = ''] = /<[^>]*(\/pulls[^>]*)>; rel="next"/.exec(link ?? '') ?? [];
      path = next;
    }
    expect(all).toHaveLength(3_000);
    expect(all[0]).toEqual({ filename: 'GUIDE.md', previous_filename: 'README.md', status: 'renamed' });
  });
});

test('jobs of this run and of no other', async () => {
  expect((await get('/actions/runs/99/attempts/1/jobs')).body).toMatchObject({ total_count: 2 });
  expect((await get('/actions/runs/98/jobs')).status).toBe(404);
});

describe('deployments', () => {
  const create = async (body: Record<string, unknown>) =>
    (await call('POST', at('/deployments'), { auto_merge: false, ...body })).body.id as number;
  const status = (id: number, body: unknown) => call('POST', at(`/deployments/${id}/statuses`), body);
  const states = async (id: number) =>
    ((await get(`/deployments/${id}/statuses`)).body as unknown as Array<{ state: string }>).map(({ state }) => state);

  test('a success makes the former ones inactive, but not those of production', async () => {
    const former = await create({ ref: 'v1.0.0', environment: 'staging' });
    await status(former, { state: 'success' });
    const production = await create({ ref: 'v1.0.0' });
    await status(production, { state: 'success' });
    await status(await create({ ref: 'main', environment: 'staging' }), { state: 'success' });
    await status(await create({ ref: 'main' }), { state: 'success' });
    expect(await states(former)).toEqual(['inactive', 'success']);
    expect(await states(production)).toEqual(['success']);
  });

  test('they are listed newest first, by environment', async () => {
    const id = await create({ ref: 'main', environment: 'review' });
    const { body } = await get('/deployments?environment=review');
    expect(body).toMatchObject([{ id, sha: fixture.git('rev-parse', 'main'), production_environment: false }]);
  });

  test.each([
    ['an unknown ref', { ref: 'nowhere', auto_merge: false }, 422],
    ['no ref', { auto_merge: false }, 422],
    ['a merge', { ref: 'main' }, 501],
  ])('%s is refused', async (_, body, expected) => {
    expect((await call('POST', at('/deployments'), body)).status).toBe(expected);
  });

  test.each([
    ['a state that is none', { state: 'done' }],
    ['a description of 141 characters', { state: 'success', description: 'x'.repeat(141) }],
  ])('%s is refused', async (_, body) => {
    expect((await status(await create({ ref: 'main', environment: 'x' }), body)).status).toBe(422);
  });
});

test('a comment is made once and edited after', async () => {
  const { body } = await call('POST', at('/issues/7/comments'), { body: 'one' });
  await call('PATCH', at(`/issues/comments/${body.id}`), { body: 'two' });
  expect((await get('/issues/7/comments')).body).toMatchObject([{ id: body.id, body: 'two' }]);
  expect((await call('POST', at('/issues/8/comments'), { body: 'x' })).status).toBe(404);
  expect((await call('POST', at('/issues/7/comments'), { body: '' })).status).toBe(422);
});
