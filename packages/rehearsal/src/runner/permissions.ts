import type { Template } from './template.ts';
import { entriesOf, literal } from './template.ts';
import type { Place } from './workflow-error.ts';
import { WorkflowError } from './workflow-error.ts';

export type Access = 'none' | 'read' | 'write';

/** What the job's token may do, by scope; a scope that is missing is `none`. */
export type Permissions = Readonly<Record<string, Access>>;

const SCOPES = (
  'actions artifact-metadata attestations checks code-quality contents deployments discussions id-token issues ' +
  'models packages pages pull-requests repository-projects security-events statuses'
).split(' ');

const LEVEL: Record<Access, number> = { none: 0, read: 1, write: 2 };

const all = (access: Access): Permissions => Object.fromEntries(SCOPES.map((scope) => [scope, access]));

/** What a token may do where no file says anything: the restricted default of new repositories. */
export const RESTRICTED_DEFAULT: Permissions = { contents: 'read', packages: 'read' };

const declared = (template: Template): Permissions => {
  const word = literal(template);
  if (word === 'write-all') return all('write');
  if (word === 'read-all') return { ...all('read'), 'id-token': 'none' };
  return Object.fromEntries(
    entriesOf(template).map(({ key, value }) => [key, (literal(value) ?? 'none') as Access] as const),
  );
};

export interface Ceiling {
  readonly allowed: Permissions;
  /** Where the calling job stands, for the error. */
  readonly caller: Place;
}

/**
 * Returns the permissions of a job: its own, else its workflow's, else the caller's or the default. A called workflow can
 * only reduce what its caller has; asking for more is a WorkflowError at the call, as GitHub refuses such a run.
 */
export const jobPermissions = (
  job: Template | undefined,
  workflow: Template | undefined,
  ceiling: Ceiling | undefined,
  shown: string,
): Permissions => {
  const template = job ?? workflow;
  if (template === undefined) return ceiling?.allowed ?? RESTRICTED_DEFAULT;
  const wanted = declared(template);
  if (ceiling === undefined) return wanted;
  for (const [scope, access] of Object.entries(wanted)) {
    const allowed = ceiling.allowed[scope] ?? 'none';
    if (LEVEL[access] > LEVEL[allowed]) {
      throw new WorkflowError(
        ceiling.caller,
        `The called job ${shown} asks for \`${scope}: ${access}\`, but the calling job is only allowed \`${scope}: ${allowed}\`.`,
      );
    }
  }
  return wanted;
};
