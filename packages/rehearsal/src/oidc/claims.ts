import type { Claims } from './issuer.ts';

/** What a job tells of itself. */
export interface JobIdentity {
  /** The `github` context of the job. */
  readonly github: Readonly<Record<string, unknown>>;
  /** `job.workflow_ref` and `job.workflow_sha`: of the file that the job stands in. */
  readonly workflow: { readonly ref: string; readonly sha: string };
  readonly environment: string | undefined;
}

/** GitHub escapes the separator of the subject in names. */
const escaped = (name: string): string => name.replaceAll(':', '%3A');

const subject = ({ github, environment }: JobIdentity): string => {
  const repository = `repo:${github.repository}`;
  if (environment !== undefined && environment !== '') return `${repository}:environment:${escaped(environment)}`;
  if (github.event_name === 'pull_request') return `${repository}:pull_request`;
  return `${repository}:ref:${github.ref}`;
};

const COPIED = (
  'ref sha repository repository_owner repository_owner_id repository_id run_id run_number run_attempt actor actor_id ' +
  'workflow head_ref base_ref event_name ref_type workflow_ref workflow_sha'
).split(' ');

/** Returns the claims of a job's token (docs: OpenID Connect reference, "OIDC token claims"). */
export const claimsOf = (job: JobIdentity, audience: string): Claims => ({
  sub: subject(job),
  aud: audience === '' ? `${job.github.server_url}/${job.github.repository_owner}` : audience,
  ...Object.fromEntries(COPIED.map((name) => [name, String(job.github[name] ?? '')])),
  ref_protected: String(job.github.ref_protected ?? 'false'),
  repository_visibility: 'private',
  runner_environment: 'github-hosted',
  job_workflow_ref: job.workflow.ref,
  job_workflow_sha: job.workflow.sha,
  ...(job.environment ? { environment: job.environment } : {}),
});
