import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

export const ROOT = join(import.meta.dirname, '..', '..');
export const SUITE = '.github/workflows';

export interface Step {
  readonly name?: string;
  readonly id?: string;
  readonly if?: string;
  readonly uses?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly run?: string;
}

export interface Job {
  readonly uses?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly secrets?: Readonly<Record<string, unknown>> | string;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly 'timeout-minutes'?: number;
  readonly environment?: Readonly<Record<string, unknown>> | string;
  readonly concurrency?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly outputs?: Readonly<Record<string, string>>;
  readonly steps?: readonly Step[];
}

interface Call {
  readonly inputs?: Readonly<Record<string, { readonly required?: boolean }>>;
  readonly secrets?: Readonly<Record<string, { readonly required?: boolean }>>;
  readonly outputs?: Readonly<Record<string, { readonly value: string }>>;
}

export interface Workflow {
  readonly on: Readonly<Record<string, unknown>> & { readonly workflow_call?: Call };
  readonly permissions?: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

export interface WorkflowFile {
  /** From the root of the repository. */
  readonly path: string;
  readonly text: string;
  readonly workflow: Workflow;
}

const filesIn = (folder: string): WorkflowFile[] =>
  readdirSync(join(ROOT, folder))
    .filter((file) => file.endsWith('.yml'))
    .map((file) => {
      const text = readFileSync(join(ROOT, folder, file), 'utf8');
      return { path: join(folder, file), text, workflow: parse(text) as Workflow };
    });

/** The workflows of the suite itself. */
export const suite = filesIn(SUITE);

/** Those that a consumer of the suite has: templates and samples. */
export const callers = [
  ...filesIn('workflows-templates'),
  ...filesIn('test/fixtures/hospital-ops/.github/workflows'),
  ...filesIn('test/fixtures/clinic/.github/workflows'),
];

export const all = [...suite, ...callers];

const byPath = new Map(suite.map((file) => [file.path, file]));

/** Returns the workflow of the suite that a job calls, by `$/` from within and by its full name from without. */
export const calledBy = ({ uses = '' }: Job): WorkflowFile => {
  const [, path = ''] = /^(?:\$|ORG\/hospital-ops-actions)\/(.+?)(?:@v1)?$/.exec(uses) ?? [];
  const found = byPath.get(path);
  if (found === undefined) throw new Error(`"${uses}" is no workflow of the suite`);
  return found;
};

export interface Manifest {
  readonly inputs?: Readonly<Record<string, { readonly required?: boolean; readonly default?: unknown }>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
}

/** Returns the suite's own action that a step uses, or undefined for any other step. */
export const ownAction = ({ uses = '' }: Step): Manifest | undefined =>
  uses.startsWith('$/')
    ? (parse(readFileSync(join(ROOT, 'actions', uses.slice(2), 'action.yml'), 'utf8')) as Manifest)
    : undefined;

const LEVELS = ['none', 'read', 'write'];

/** Returns the permissions that a workflow's jobs and all that they call ask for, the highest of each. */
export const permissionsOf = ({ workflow }: WorkflowFile): Record<string, string> => {
  const asked: Record<string, string> = {};
  for (const job of Object.values(workflow.jobs)) {
    const wanted = job.uses === undefined ? (job.permissions ?? {}) : permissionsOf(calledBy(job));
    for (const [scope, level] of Object.entries(wanted)) {
      if (LEVELS.indexOf(level) > LEVELS.indexOf(asked[scope] ?? 'none')) asked[scope] = level;
    }
  }
  return asked;
};
