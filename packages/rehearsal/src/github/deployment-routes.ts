import type { Reply } from '../egress/exchange.ts';
import type { ApiCall, Route } from './api.ts';
import { idIn, invalid, listReply, nextId, notFound, problem, stamp } from './api.ts';
import { commitOf } from './revisions.ts';
import type { Deployment, DeploymentState, DeploymentStatus, GitHubState } from './world.ts';

const STATES: readonly DeploymentState[] = [
  'error',
  'failure',
  'inactive',
  'in_progress',
  'queued',
  'pending',
  'success',
];

/** docs.github.com, create a deployment status: "a short description, maximum of 140 characters". */
const DESCRIPTION = 140;

const textOr = <F>(value: unknown, fallback: F): string | F => (typeof value === 'string' ? value : fallback);

const isState = (value: unknown): value is DeploymentState => STATES.some((state) => state === value);

const addressed = ({ address }: ApiCall, path: string) => address.replace(/\/deployments.*$/, path);

const deploymentBody = (call: ApiCall, { statuses: _, ...deployment }: Deployment) => ({
  ...deployment,
  url: addressed(call, `/deployments/${deployment.id}`),
  statuses_url: addressed(call, `/deployments/${deployment.id}/statuses`),
});

const found = ({ state, path }: ApiCall): Deployment | undefined =>
  state.deployments.find(({ id }) => id === idIn(path.id));

const create = async (call: ApiCall): Promise<Reply> => {
  const { body, facts, state } = call;
  if (typeof body.ref !== 'string' || body.ref === '') return invalid('Invalid request. "ref" wasn\'t supplied.');
  if (body.auto_merge !== false) {
    return problem(501, 'The rehearsal merges nothing: create deployments with auto_merge: false.');
  }
  const sha = await commitOf(facts.git, body.ref);
  if (sha === undefined) return invalid(`No ref found for: ${body.ref}`);
  const environment = textOr(body.environment, 'production');
  const deployment: Deployment = {
    id: nextId(state),
    sha,
    ref: body.ref,
    task: textOr(body.task, 'deploy'),
    environment,
    description: textOr(body.description, null),
    payload: body.payload ?? {},
    transient_environment: body.transient_environment === true,
    production_environment:
      typeof body.production_environment === 'boolean' ? body.production_environment : environment === 'production',
    created_at: stamp(facts),
    statuses: [],
  };
  state.deployments = [deployment, ...state.deployments];
  return { status: 201, body: deploymentBody(call, deployment) };
};

const addStatus = (call: ApiCall, deployment: Deployment, state: DeploymentState, more: Partial<DeploymentStatus>) => {
  const status: DeploymentStatus = {
    description: '',
    environment_url: '',
    log_url: '',
    ...more,
    id: nextId(call.state),
    state,
    created_at: stamp(call.facts),
  };
  call.state.deployments = call.state.deployments.map((candidate) =>
    candidate.id === deployment.id ? { ...candidate, statuses: [status, ...candidate.statuses] } : candidate,
  );
  return status;
};

const createStatus = (call: ApiCall): Reply => {
  const { body, state } = call;
  const deployment = found(call);
  if (deployment === undefined) return notFound();
  if (!isState(body.state)) return invalid('Validation Failed: state is not included in the list');
  const description = textOr(body.description, '');
  if (description.length > DESCRIPTION)
    return invalid('Validation Failed: description is too long (maximum is 140 characters)');
  // Only former deployments that are neither transient nor of production become inactive (auto_inactive).
  if (body.state === 'success' && body.auto_inactive !== false) {
    for (const other of state.deployments) {
      const former = other.environment === deployment.environment && other.id < deployment.id;
      if (former && !other.transient_environment && !other.production_environment && other.statuses.length > 0) {
        addStatus(call, other, 'inactive', {});
      }
    }
  }
  const status = addStatus(call, deployment, body.state, {
    description,
    environment_url: textOr(body.environment_url, ''),
    log_url: textOr(body.log_url, ''),
  });
  return { status: 201, body: { ...status, environment: deployment.environment } };
};

export interface PastDeployment {
  readonly sha: string;
  readonly environment: string;
  readonly payload: unknown;
  readonly state: DeploymentState;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** Returns a deployment as it stands when it ended at once. */
export const pastDeployment = (
  github: GitHubState,
  { sha, environment, payload, state, at }: PastDeployment,
): Deployment => {
  const created_at = new Date(at).toISOString();
  return {
    id: nextId(github),
    sha,
    ref: sha,
    task: 'deploy',
    environment,
    description: null,
    payload,
    transient_environment: false,
    production_environment: environment === 'production',
    created_at,
    statuses: [{ id: nextId(github), state, description: '', environment_url: '', log_url: '', created_at }],
  };
};

/** Deployments and their statuses. */
export const deploymentRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/deployments',
    handle: (call) => {
      const filters = (['sha', 'ref', 'task', 'environment'] as const).flatMap((name) => {
        const value = call.query.get(name);
        return value === null || value === 'none' ? [] : [(deployment: Deployment) => deployment[name] === value];
      });
      const matching = call.state.deployments.filter((deployment) => filters.every((filter) => filter(deployment)));
      return listReply(
        matching.map((deployment) => deploymentBody(call, deployment)),
        call,
      );
    },
  },
  { method: 'POST', path: '/deployments', handle: create },
  {
    method: 'GET',
    path: '/deployments/{id}',
    handle: (call) => {
      const deployment = found(call);
      return deployment === undefined ? notFound() : { status: 200, body: deploymentBody(call, deployment) };
    },
  },
  {
    method: 'GET',
    path: '/deployments/{id}/statuses',
    handle: (call) => {
      const deployment = found(call);
      return deployment === undefined ? notFound() : listReply(deployment.statuses, call);
    },
  },
  { method: 'POST', path: '/deployments/{id}/statuses', handle: createStatus },
];
