/** What became of a path. A rename is a deletion and an addition; a change of type (file to link) is a modification. */
export type Status = 'added' | 'modified' | 'deleted';

export interface Change {
  /** From the root of the repository, with `/`; may hold any character but NUL. */
  readonly path: string;
  readonly status: Status;
}

const STATUSES: Readonly<Record<string, Status>> = { A: 'added', D: 'deleted', M: 'modified', T: 'modified' };

/**
 * Returns the changes of `git diff-tree -z --no-renames --name-status`. A letter that git does not document counts as
 * modified: a change is never dropped.
 */
export const parseNameStatus = (output: string): Change[] => {
  const fields = output.split('\0');
  const changes: Change[] = [];
  for (let index = 0; index + 1 < fields.length; index += 2) {
    changes.push({ path: fields[index + 1] ?? '', status: STATUSES[fields[index]?.charAt(0) ?? ''] ?? 'modified' });
  }
  return changes;
};
