import type { Fields, Reply } from '../egress/exchange.ts';
import type { GitHubFacts, GitHubState } from './world.ts';

/** A request that has passed the checks of token and repository. */
export interface ApiCall {
  /** Values of the route's placeholders, decoded. */
  readonly path: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** The JSON body; empty where there is none. */
  readonly body: Fields;
  /** Address of the request without its query, for links. */
  readonly address: string;
  readonly facts: GitHubFacts;
  readonly state: GitHubState;
}

export interface Route {
  readonly method: 'GET' | 'POST' | 'PATCH';
  /** Below `/repos/{owner}/{repo}`; `{name}` takes one segment, `{name...}` the rest. */
  readonly path: string;
  handle(call: ApiCall): Reply | Promise<Reply>;
}

const DOCS = 'https://docs.github.com/rest';

/** GitHub's form of an error. */
export const problem = (status: number, message: string, extra: Fields = {}): Reply => ({
  status,
  body: { message, ...extra, documentation_url: DOCS, status: String(status) },
});

export const notFound = (): Reply => problem(404, 'Not Found');

export const invalid = (message: string): Reply => problem(422, message);

const numberOf = (text: string | null, fallback: number): number =>
  text !== null && /^\d{1,6}$/.test(text) ? Number(text) : fallback;

export interface Page {
  readonly from: number;
  readonly to: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** Returns the slice that `page` and `per_page` (30 by default, 100 at most) ask for, with GitHub's Link header. */
export const pageOf = (total: number, { query, address }: Pick<ApiCall, 'query' | 'address'>): Page => {
  const size = Math.min(100, Math.max(1, numberOf(query.get('per_page'), 30)));
  const page = Math.max(1, numberOf(query.get('page'), 1));
  const last = Math.max(1, Math.ceil(total / size));
  const link = (number: number, rel: string) => {
    const parameters = new URLSearchParams(query);
    parameters.set('page', String(number));
    return `<${address}?${parameters}>; rel="${rel}"`;
  };
  const links = [
    ...(page > 1 ? [link(page - 1, 'prev')] : []),
    ...(page < last ? [link(page + 1, 'next'), link(last, 'last')] : []),
    ...(page > 1 ? [link(1, 'first')] : []),
  ];
  return {
    from: (page - 1) * size,
    to: page * size,
    headers: links.length === 0 ? {} : { link: links.join(', ') },
  };
};

/** Returns one page of `items`. */
export const listReply = (items: readonly unknown[], call: ApiCall): Reply => {
  const { from, to, headers } = pageOf(items.length, call);
  return { status: 200, headers, body: items.slice(from, to) };
};

export const stamp = (facts: GitHubFacts): string => new Date(facts.now()).toISOString().replace(/\.\d+Z$/, 'Z');

export const nextId = (state: GitHubState): number => {
  state.nextId += 1;
  return state.nextId;
};

/** Returns the id of a path's segment, or undefined when it is none. */
export const idIn = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
