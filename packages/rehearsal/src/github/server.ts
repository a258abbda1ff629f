import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Reply } from '../egress/exchange.ts';
import { fieldsOf, parseJson, readBody, sendReply } from '../egress/exchange.ts';
import type { Route } from './api.ts';
import { notFound, problem } from './api.ts';
import { commentRoutes } from './comment-routes.ts';
import type { PastDeployment } from './deployment-routes.ts';
import { deploymentRoutes, pastDeployment } from './deployment-routes.ts';
import { pullRequestRoutes } from './pull-request-routes.ts';
import { repositoryRoutes } from './repository-routes.ts';
import { missingPermission } from './required-permissions.ts';
import type { Deployment, GitHubFacts, GitHubState, IssueComment, OpenedPullRequest } from './world.ts';

export interface GitHubRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly status: number;
}

export interface GitHub {
  /** For GITHUB_API_URL. */
  readonly url: string;
  deployments(): readonly Deployment[];
  comments(): readonly IssueComment[];
  /** Adds a deployment of the past, with its one status. */
  addDeployment(past: PastDeployment): void;
  /** Those that were opened through the API. */
  pullRequests(): readonly OpenedPullRequest[];
  requests(): readonly GitHubRequest[];
  close(): Promise<void>;
}

const ROUTES: readonly Route[] = [...repositoryRoutes, ...deploymentRoutes, ...commentRoutes, ...pullRequestRoutes];

const compiled = ROUTES.map((route) => ({
  route,
  pattern: new RegExp(
    `^${route.path.replace(/[.]{3}(?=\})/g, '~').replace(/\{(\w+)(~?)\}/g, (_, name: string, rest: string) => `(?<${name}>${rest ? '.+' : '[^/]+'})`)}$`,
  ),
}));

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

const BASE = 'http://github.local';

const answer = async (
  request: IncomingMessage,
  facts: GitHubFacts,
  state: GitHubState,
  origin: string,
): Promise<Reply> => {
  const { method = 'GET', url = '/' } = request;
  if (!URL.canParse(url, BASE)) return notFound();
  const { pathname, searchParams } = new URL(url, BASE);
  const [, token] = /^(?:token|bearer) (\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
  const granted = token === undefined || token === facts.token ? undefined : facts.permissionsOf?.(token);
  if (token !== undefined && token !== facts.token && granted === undefined) return problem(401, 'Bad credentials');
  const [, repository = '', rest = ''] = /^\/repos\/([^/]+\/[^/]+)(\/.*)?$/.exec(pathname) ?? [];
  if (repository === '') return problem(501, `The rehearsal's GitHub knows no ${method} ${pathname}.`);
  // A private repository does not exist for those who may not see it.
  if (token === undefined || repository.toLowerCase() !== facts.repository.toLowerCase()) return notFound();
  const missing = granted && missingPermission(method, rest, granted);
  if (missing !== undefined) {
    return {
      ...problem(403, 'Resource not accessible by integration'),
      headers: { 'x-accepted-github-permissions': missing.replaceAll(': ', '=').replaceAll(' or ', '; ') },
    };
  }
  for (const { route, pattern } of compiled) {
    const match = route.method === method ? pattern.exec(rest) : null;
    if (!match) continue;
    const text = await readBody(request);
    const body = fieldsOf(text === '' ? {} : parseJson(text));
    if (body === undefined) return problem(400, 'Problems parsing JSON');
    const path = Object.fromEntries(Object.entries(match.groups ?? {}).map(([key, value]) => [key, decoded(value)]));
    return route.handle({ path, query: searchParams, body, address: origin + pathname, facts, state });
  }
  return problem(501, `The rehearsal's GitHub knows no ${method} ${pathname}.`);
};

/**
 * Starts GitHub's REST API for one repository on loopback: runs and comparisons from the facts and the local git
 * repository, deployments and comments kept in memory. What it does not know it refuses by name, with 501.
 */
export const startGitHub = async (facts: GitHubFacts): Promise<GitHub> => {
  const state: GitHubState = { deployments: [], comments: [], pullRequests: [], nextId: 1_000 };
  const requests: GitHubRequest[] = [];
  let url = '';
  const server = createServer((request, response) => {
    void answer(request, facts, state, url)
      .catch((error: unknown) => problem(500, `The stand-in failed: ${error instanceof Error ? error.message : error}`))
      .then((reply) => {
        requests.push({ method: request.method ?? '', path: request.url ?? '', status: reply.status });
        sendReply(response, reply);
      });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    deployments: () => state.deployments,
    comments: () => state.comments,
    addDeployment: (one) => {
      const all = [pastDeployment(state, one), ...state.deployments];
      state.deployments = all.sort((a, b) => b.created_at.localeCompare(a.created_at));
    },
    pullRequests: () => state.pullRequests,
    requests: () => [...requests],
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
