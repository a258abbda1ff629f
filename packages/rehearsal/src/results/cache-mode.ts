/** What a job may do with caches; `ACTIONS_CACHE_MODE` of @actions/cache. */
export type CacheMode = 'none' | 'read' | 'write' | 'write-only';

/** Events that anyone may cause and whose runs share the cache of the default branch. */
const UNTRUSTED = [
  'discussion',
  'discussion_comment',
  'fork',
  'issue_comment',
  'issues',
  'pull_request_target',
  'watch',
  'workflow_run',
];

/**
 * Returns the mode of a run's jobs, by what started it (GitHub's changelog, 2026-06-26). GitHub lets `workflow_run` write
 * unless a fork's pull request came first; that cannot be told here, so it never does.
 */
export const cacheModeOf = (event: string): CacheMode => (UNTRUSTED.includes(event) ? 'read' : 'write');

export const mayRead = (mode: CacheMode): boolean => mode === 'read' || mode === 'write';
export const mayWrite = (mode: CacheMode): boolean => mode === 'write' || mode === 'write-only';
