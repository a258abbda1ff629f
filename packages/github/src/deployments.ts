import { OpsError } from '@hospital-ops/action-kit/errors';
import type { Deployment, GitHubApi } from './api.ts';
import { at, integerAt, textAt } from './json.ts';
import type { Requests } from './requests.ts';

/** The API's own maximum (docs.github.com, REST, pagination). */
const PER_PAGE = 100;
const RETRY_DELAYS: readonly number[] = [500, 2_000];

const READ = 'deployments: read';
const WRITE = 'deployments: write';

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** GitHub keeps an object as one; what was given as text is text. */
const payloadOf = (raw: unknown): unknown => {
  const payload = at(raw, 'payload');
  if (typeof payload !== 'string') return payload;
  try {
    return JSON.parse(payload) as unknown;
  } catch {
    return payload;
  }
};

const toDeployment = (raw: unknown): Deployment => ({
  id: integerAt(raw, 'id') ?? 0,
  sha: textAt(raw, 'sha') ?? '',
  payload: payloadOf(raw),
});

/** docs.github.com, create a deployment status: "a short description, maximum of 140 characters". */
const DESCRIPTION = 140;

const shorten = (text: string): string => {
  const characters = [...text];
  return characters.length <= DESCRIPTION ? text : `${characters.slice(0, DESCRIPTION - 1).join('')}…`;
};

type Deployments = Pick<
  GitHubApi,
  'listDeployments' | 'deploymentWord' | 'createDeployment' | 'createDeploymentStatus'
>;

/** Returns the calls about deployments. */
export const createDeployments = (requests: Requests): Deployments => {
  const deploymentWord: Deployments['deploymentWord'] = async (id) => {
    const data = await requests.read(
      { what: 'cannot read the statuses of a deployment', permission: READ },
      '/repos/{owner}/{repo}/deployments/{deployment_id}/statuses',
      { deployment_id: id, per_page: PER_PAGE },
    );
    // A later success makes earlier deployments inactive, which says nothing about how they ended.
    const word = list(data).find((raw) => textAt(raw, 'state') !== 'inactive');
    const state = textAt(word, 'state');
    if (state === undefined) return undefined;
    return { state, description: textAt(word, 'description') ?? '', at: textAt(word, 'created_at') };
  };
  return {
    deploymentWord,
    listDeployments: async (environment, page) => {
      const data = await requests.read(
        { what: 'cannot list the deployments', permission: READ },
        '/repos/{owner}/{repo}/deployments',
        { environment, per_page: PER_PAGE, page },
      );
      return list(data).map(toDeployment);
    },
    createDeployment: async ({ sha, environment, description, payload, isTransient, isProduction }) => {
      const data = await requests.send(
        { what: 'cannot create the deployment', permission: WRITE },
        'POST',
        '/repos/{owner}/{repo}/deployments',
        {
          ref: sha,
          environment,
          description: shorten(description),
          payload,
          auto_merge: false,
          required_contexts: [],
          transient_environment: isTransient,
          production_environment: isProduction,
        },
      );
      const id = integerAt(data, 'id');
      if (id !== undefined) return id;
      const why = textAt(data, 'message');
      throw new OpsError({ what: 'cannot create the deployment: GitHub answered without its id.', why });
    },
    createDeploymentStatus: async (id, { state, description, environmentUrl, logUrl }) => {
      await requests.send(
        { what: 'cannot write the status of the deployment', permission: WRITE },
        'POST',
        '/repos/{owner}/{repo}/deployments/{deployment_id}/statuses',
        {
          deployment_id: id,
          state,
          description: shorten(description),
          ...(environmentUrl !== undefined && { environment_url: environmentUrl }),
          ...(logUrl !== undefined && { log_url: logUrl }),
        },
        RETRY_DELAYS,
      );
    },
  };
};
