import { join, resolve } from 'node:path';
import { createStandIns } from '../runner/stand-ins/table.ts';
import { FAULTS } from './faults.ts';
import { workflowNames } from './pipeline-of.ts';

/** Returns what `--list` prints: workflows of the repository, faults, and the third-party actions that have stand-ins. */
export const listing = (repo: string | undefined, root: string): string => {
  const path = repo === undefined ? join(root, 'test', 'fixtures', 'hospital-ops') : resolve(repo);
  const names = workflowNames(path);
  const table = createStandIns();
  const wide = Math.max(...FAULTS.map(([usage]) => usage.length), ...table.map(({ uses }) => uses.length));
  const rows = (pairs: ReadonlyArray<readonly [string, string]>) => pairs.map(([a, b]) => `  ${a.padEnd(wide)}  ${b}`);
  return [
    'Workflows:',
    ...(names.length > 0 ? names.map((name) => `  ${name}`) : ['  none']),
    '',
    'Faults (--fault):',
    ...rows(FAULTS),
    '',
    'Third-party actions and what stands in for them:',
    ...rows(table.map(({ uses, replaces }) => [uses, replaces] as const)),
  ].join('\n');
};
