import type { Access, Permissions } from '../runner/permissions.ts';

/** Scopes any of which suffices, by path; the first that fits counts (docs: permissions required for GitHub Apps). */
const SCOPES: ReadonlyArray<readonly [path: RegExp, scopes: readonly string[]]> = [
  [/^$/, []],
  [/^\/actions\//, ['actions']],
  [/^\/deployments/, ['deployments']],
  [/^\/pulls\/\d+\/(comments|reviews)/, ['pull-requests']],
  [/^\/pulls/, ['pull-requests']],
  [/^\/issues/, ['issues', 'pull-requests']],
  [/^\/(check-runs|check-suites|commits\/[^/]+\/check-)/, ['checks']],
  [/^\/(statuses\/|commits\/[^/]+\/status)/, ['statuses']],
  [/^\/code-scanning\//, ['security-events']],
  [/^\/environments/, ['actions']],
  [/^\/attestations/, ['attestations']],
];

const LEVEL: Record<Access, number> = { none: 0, read: 1, write: 2 };

/** Returns what a request needs and the token has not, such as `deployments: write`; undefined when it may. */
export const missingPermission = (method: string, path: string, has: Permissions): string | undefined => {
  const scopes = SCOPES.find(([pattern]) => pattern.test(path))?.[1] ?? ['contents'];
  const level: Access = method === 'GET' || method === 'HEAD' ? 'read' : 'write';
  if (scopes.length === 0 || scopes.some((scope) => LEVEL[has[scope] ?? 'none'] >= LEVEL[level])) return undefined;
  return scopes.map((scope) => `${scope}: ${level}`).join(' or ');
};
