import { existsSync } from 'node:fs';
import { join, normalize } from 'node:path';
import type { Place } from './workflow-error.ts';
import { unsupported, WorkflowError } from './workflow-error.ts';

/** A repository at a commit, as a folder of this machine. */
export interface Tree {
  /** `owner/name`. */
  readonly repository: string;
  readonly path: string;
  /** What stood behind the `@`, or the full ref of the run. */
  readonly ref: string;
  readonly sha: string;
  /** True for the repository that the run belongs to. */
  readonly own: boolean;
}

/** A repository that references are mapped to: `{ name: /^[^/]+\/hospital-ops-actions$/, path: '…/dist' }`. */
export interface RepositoryEntry {
  readonly name: RegExp | string;
  readonly path: string;
  /** The commit that the folder was built from; default 40 zeros. */
  readonly sha?: string;
}

export type Reference =
  /** `$/x`: the repository and commit of the file that says so. */
  | { readonly kind: 'self'; readonly path: string }
  /** `./x`: for a step the checked-out workspace, for a called workflow the repository of the calling file. */
  | { readonly kind: 'local'; readonly path: string }
  | { readonly kind: 'remote'; readonly repository: string; readonly path: string; readonly ref: string };

/** Returns the parts of a `uses:`. Throws WorkflowError when it is none that GitHub or the rehearsal knows. */
export const parseReference = (text: string, place: Place): Reference => {
  if (text.startsWith('docker://'))
    throw unsupported(place, `\`uses: ${text}\``, 'container actions need a Docker Engine');
  for (const [prefix, kind] of [
    ['$/', 'self'],
    ['./', 'local'],
  ] as const) {
    if (!text.startsWith(prefix)) continue;
    const path = normalize(text.slice(2)).replace(/\/$/, '');
    if (path.startsWith('..')) throw new WorkflowError(place, `"${text}" leads out of its repository.`);
    return { kind, path };
  }
  const match = /^([^/@\s]+\/[^/@\s]+)(?:\/([^@\s]+))?@(\S+)$/.exec(text);
  if (!match) {
    throw new WorkflowError(
      place,
      `"${text}" is no reference; expected owner/name@ref, owner/name/path@ref, ./path or $/path.`,
    );
  }
  const [, repository = '', path = '', ref = ''] = match;
  return { kind: 'remote', repository, path, ref };
};

const NO_SHA = '0'.repeat(40);

/** Returns the folder that `repository` is mapped to, or undefined. The first entry that fits counts. */
export const findTree = (repository: string, ref: string, entries: readonly RepositoryEntry[]): Tree | undefined => {
  const entry = entries.find(({ name }) =>
    typeof name === 'string' ? name.toLowerCase() === repository.toLowerCase() : name.test(repository),
  );
  return entry && { repository, path: entry.path, ref, sha: entry.sha ?? NO_SHA, own: false };
};

/** How a file of a tree is named in errors: with its repository where that is not the run's own. */
export const shownPath = (tree: Tree, path: string): string => (tree.own ? path : `${tree.repository}/${path}`);

/** Returns the absolute path of a workflow file in a tree. Throws WorkflowError when it does not exist. */
export const workflowPath = (tree: Tree, path: string, place: Place): string => {
  const absolute = join(tree.path, path);
  if (!existsSync(absolute))
    throw new WorkflowError(place, `The workflow "${path}" does not exist in ${tree.repository}.`);
  return absolute;
};
