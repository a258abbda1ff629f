import type { ApiCall, Route } from './api.ts';
import { invalid, listReply, nextId, problem, stamp } from './api.ts';
import { commitOf } from './revisions.ts';
import type { OpenedPullRequest } from './world.ts';

const pageUrl = ({ facts }: ApiCall, number: number) => `https://github.com/${facts.repository}/pull/${number}`;

const rendered = (call: ApiCall, { number, title, body, head, base }: OpenedPullRequest) => ({
  number,
  title,
  body,
  state: 'open',
  html_url: pageUrl(call, number),
  head: { ref: head },
  base: { ref: base },
});

const isBranch = async ({ facts }: ApiCall, name: unknown): Promise<boolean> =>
  typeof name === 'string' &&
  !name.startsWith('-') &&
  (await facts.git('rev-parse', '--verify', '--quiet', '--end-of-options', `refs/heads/${name}^{commit}`)) !==
    undefined;

/** A pull request needs two branches, something to merge, and none that is open for them (docs.github.com, pulls). */
const open = async (call: ApiCall) => {
  const { body, facts, state } = call;
  const { head, base, title } = body;
  if (typeof head !== 'string' || !(await isBranch(call, head))) return invalid('Validation Failed: head is invalid');
  if (typeof base !== 'string' || !(await isBranch(call, base))) return invalid('Validation Failed: base is invalid');
  if (typeof title !== 'string' || title === '') return invalid('Validation Failed: title is missing');
  if (((await facts.git('rev-list', '--count', `refs/heads/${base}..refs/heads/${head}`)) ?? '0') === '0') {
    return invalid(`Validation Failed: No commits between ${base} and ${head}`);
  }
  if (state.pullRequests.some((other) => other.head === head && other.base === base)) {
    return invalid(`Validation Failed: A pull request already exists for ${head}.`);
  }
  const text = typeof body.body === 'string' ? body.body : '';
  const opened = { number: nextId(state), title, body: text, head, base, created_at: stamp(facts) };
  state.pullRequests = [...state.pullRequests, opened];
  return { status: 201, body: rendered(call, opened) };
};

const list = (call: ApiCall) => {
  const [head, base] = [call.query.get('head')?.replace(/^[^:]*:/, ''), call.query.get('base')];
  const found = call.state.pullRequests.filter(
    (one) => (head === undefined || one.head === head) && (base === null || one.base === base),
  );
  return listReply(
    found.map((one) => rendered(call, one)),
    call,
  );
};

const createRef = async (call: ApiCall) => {
  const { ref, sha } = call.body;
  if (typeof ref !== 'string' || !/^refs\/heads\/[\w./-]+$/.test(ref)) return invalid('Reference name is invalid');
  if (typeof sha !== 'string' || (await commitOf(call.facts.git, sha)) !== sha) return invalid('Object does not exist');
  if (await isBranch(call, ref.slice('refs/heads/'.length))) return invalid('Reference already exists');
  if ((await call.facts.git('update-ref', ref, sha)) === undefined) return problem(500, 'git refused the reference.');
  return { status: 201, body: { ref, object: { type: 'commit', sha } } };
};

/** Branches and pull requests that a run makes. */
export const pullRequestRoutes: readonly Route[] = [
  { method: 'GET', path: '/pulls', handle: list },
  { method: 'POST', path: '/pulls', handle: open },
  { method: 'POST', path: '/git/refs', handle: createRef },
];
