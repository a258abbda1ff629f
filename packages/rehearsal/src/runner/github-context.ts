import type { Value } from './expressions.ts';

/** The parts of the `github` context that the runner passes on as GITHUB_* (actions/runner, GitHubContext.cs). */
const EXPORTED = (
  'action action_path action_ref action_repository actor actor_id api_url base_ref env event_name event_path ' +
  'graphql_url head_ref job output path ref ref_name ref_protected ref_type repository repository_id ' +
  'repository_owner repository_owner_id retention_days run_attempt run_id run_number server_url sha state ' +
  'step_summary triggering_actor workflow workflow_ref workflow_sha workspace'
).split(' ');

/** Returns the GITHUB_* variables of a step. */
export const githubVariables = (github: Readonly<Record<string, Value>>): Record<string, string> =>
  Object.fromEntries(
    EXPORTED.flatMap((name) => {
      const value = github[name];
      return value === undefined || value === null ? [] : [[`GITHUB_${name.toUpperCase()}`, String(value)]];
    }),
  );

export interface GithubFacts {
  readonly repository: string;
  readonly event: { readonly name: string; readonly payload: Readonly<Record<string, unknown>> };
  readonly ref: string;
  readonly refType: 'branch' | 'tag';
  readonly sha: string;
  readonly actor: string;
  readonly workflowName: string;
  readonly workflowPath: string;
  readonly token: string;
  readonly runId: number;
  readonly runNumber: number;
  readonly eventFile: string;
  /** GITHUB_SERVER_URL, GITHUB_API_URL and GITHUB_GRAPHQL_URL are taken from here when set. */
  readonly env: Readonly<Record<string, string>>;
}

/** Digits that stay the same for a name, where GitHub has ids. */
const idOf = (name: string): string =>
  String(
    [...name].reduce((sum, character) => (sum * 31 + (character.codePointAt(0) ?? 0)) % 900_000_007, 7) + 1_000_000,
  );

/** Returns the parts of the `github` context that all jobs of a run share. */
export const githubContext = (facts: GithubFacts): Record<string, Value> => {
  const { repository, event, ref, sha, actor, env } = facts;
  const [owner = ''] = repository.split('/');
  const pull = event.payload.pull_request as { head?: { ref?: string }; base?: { ref?: string } } | undefined;
  const api = env.GITHUB_API_URL ?? 'https://api.github.com';
  const server = env.GITHUB_SERVER_URL ?? 'https://github.com';
  return {
    token: facts.token,
    ref,
    sha,
    repository,
    repository_owner: owner,
    repository_id: idOf(repository),
    repository_owner_id: idOf(owner),
    repositoryUrl: `git://github.com/${repository}.git`,
    run_id: String(facts.runId),
    run_number: String(facts.runNumber),
    run_attempt: '1',
    retention_days: '90',
    actor,
    actor_id: idOf(actor),
    triggering_actor: actor,
    workflow: facts.workflowName,
    workflow_ref: `${repository}/${facts.workflowPath}@${ref}`,
    workflow_sha: sha,
    head_ref: pull?.head?.ref ?? '',
    base_ref: pull?.base?.ref ?? '',
    event_name: event.name,
    event: event.payload,
    event_path: facts.eventFile,
    server_url: server,
    api_url: api,
    graphql_url: env.GITHUB_GRAPHQL_URL ?? `${api}/graphql`,
    ref_name: ref.replace(/^refs\/(heads|tags|pull)\//, ''),
    ref_protected: false,
    ref_type: facts.refType,
    secret_source: 'Actions',
  };
};
