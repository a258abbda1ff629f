import type { ApiCall, Route } from './api.ts';
import { idIn, invalid, listReply, nextId, notFound, stamp } from './api.ts';
import type { IssueComment } from './world.ts';

/** GitHub refuses a longer body with 422. */
const BODY = 65_536;

const bodyOf = ({ body }: ApiCall): string | undefined =>
  typeof body.body === 'string' && body.body !== '' && body.body.length <= BODY ? body.body : undefined;

const rendered = ({ issue, ...comment }: IssueComment) => ({ ...comment, user: { login: 'github-actions[bot]' } });

/** Comments of issues and pull requests. */
export const commentRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/issues/{number}/comments',
    handle: (call) =>
      listReply(call.state.comments.filter(({ issue }) => issue === idIn(call.path.number)).map(rendered), call),
  },
  {
    method: 'POST',
    path: '/issues/{number}/comments',
    handle: (call) => {
      const { state, facts, path } = call;
      const issue = facts.pullRequests.find(({ number }) => number === idIn(path.number))?.number;
      if (issue === undefined) return notFound();
      const body = bodyOf(call);
      if (body === undefined)
        return invalid('Validation Failed: body is missing or is too long (maximum is 65536 characters)');
      const comment = { id: nextId(state), issue, body, created_at: stamp(facts), updated_at: stamp(facts) };
      state.comments = [...state.comments, comment];
      return { status: 201, body: rendered(comment) };
    },
  },
  {
    method: 'PATCH',
    path: '/issues/comments/{id}',
    handle: (call) => {
      const { state, facts, path } = call;
      const known = state.comments.find(({ id }) => id === idIn(path.id));
      if (known === undefined) return notFound();
      const body = bodyOf(call);
      if (body === undefined)
        return invalid('Validation Failed: body is missing or is too long (maximum is 65536 characters)');
      const comment = { ...known, body, updated_at: stamp(facts) };
      state.comments = state.comments.map((candidate) => (candidate.id === known.id ? comment : candidate));
      return { status: 200, body: rendered(comment) };
    },
  },
];
