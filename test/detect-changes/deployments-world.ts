import { REPOSITORY, startGitHubOver, TOKEN } from '../support/local-github.ts';
import type { GitWorld } from './git-world.ts';

/** GitHub over a world's repository, with deployments of it. */
export interface DeploymentsWorld {
  readonly url: string;
  /** Records a deployment of `ref`, and the words on it, each a state with a description. */
  deploy(ref: string, words: readonly string[], more?: Deployed): Promise<void>;
  requests(): readonly unknown[];
  close(): Promise<void>;
}

export interface Deployed {
  readonly environment?: string;
  /** By service the commit that it was deployed from: what the suite records. Others record nothing. */
  readonly services?: Readonly<Record<string, string>>;
  /** Services that it leaves as they were, likewise. */
  readonly kept?: Readonly<Record<string, string>>;
  readonly kind?: string;
}

export const startDeployments = async (world: GitWorld): Promise<DeploymentsWorld> => {
  const github = await startGitHubOver((...args) => world.git(world.work, ...args), {
    pullRequests: [{ number: 7, title: 'Topic', base: 'main', head: 'topic' }],
  });
  const post = async (path: string, body: object): Promise<{ readonly id: number; readonly sha: string }> => {
    const answer = await fetch(`${github.url}/repos/${REPOSITORY}${path}`, {
      method: 'POST',
      headers: { authorization: `token ${TOKEN}` },
      body: JSON.stringify(body),
    });
    return (await answer.json()) as { id: number; sha: string };
  };
  const recordOf = (environment: string, sha: string, { services = {}, kept = {}, kind = 'release' }: Deployed) => ({
    schema: 1,
    id: 'x',
    environment,
    kind,
    version: '1',
    sha,
    status: 'in-progress',
    started: '2026-01-01T00:00:00.000Z',
    deployed: Object.keys(services),
    services: Object.fromEntries([
      ...Object.entries(kept).map(([name, from]) => [name, { outcome: 'kept', sha: from }]),
      ...Object.entries(services).map(([name, from]) => [name, { outcome: 'planned', sha: from }]),
    ]),
  });
  return {
    url: github.url,
    requests: () => github.requests(),
    close: () => github.close(),
    deploy: async (ref, words, more = {}) => {
      const { environment = 'production', services } = more;
      const payload = services ? { 'hospital-ops': recordOf(environment, ref, more), expires: 0 } : {};
      const { id } = await post('/deployments', { ref, environment, auto_merge: false, payload });
      for (const word of words) {
        const [state, ...description] = word.split(' ');
        await post(`/deployments/${id}/statuses`, { state, description: description.join(' ') });
      }
    },
  };
};
