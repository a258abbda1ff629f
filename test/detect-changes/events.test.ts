import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Event } from './detect.ts';
import { detect } from './detect.ts';
import { GitWorld } from './git-world.ts';

/** The README's table of events: what each is compared with, whatever the depth of the checkout. */
let world: GitWorld;
let at: Readonly<Record<'first' | 'gone' | 'fork' | 'head' | 'feature' | 'merge' | 'queued', string>>;

const NONE = '0'.repeat(40);
const REPOSITORY = { default_branch: 'main' };

beforeAll(() => {
  world = new GitWorld();
  const files = ['apps/api/a.ts', 'apps/web/a.ts', 'packages/shared/a.ts', 'docs/a.md'];
  const first = world.commit(Object.fromEntries(files.map((path) => [path, 'a'])));
  world.tag('v1.0.0');
  world.branch('gone');
  const gone = world.commit({ 'apps/web/a.ts': 'gone' });
  world.switchTo('main');
  const fork = world.commit({ 'apps/web/a.ts': 'b' });
  world.branch('feature');
  world.commit({ 'apps/api/a.ts': 'b' });
  const feature = world.commit({ 'docs/a.md': 'b' });
  world.switchTo('main');
  const head = world.commit({ 'packages/shared/a.ts': 'b' });
  world.tag('v1.1.0', true);
  world.branch('merge');
  const merge = world.merge('feature');
  world.branch('queue', 'main');
  const queued = world.merge('feature');
  world.push(
    'main',
    'feature',
    'gone',
    `${merge}:refs/pull/1/merge`,
    `${queued}:refs/heads/gh-readonly-queue/main/pr-1`,
  );
  at = { first, gone, fork, head, feature, merge, queued };
});
afterAll(() => world.dispose());

type Commit = keyof typeof at;
interface Row {
  readonly event: string;
  readonly payload?: () => unknown;
  readonly head: Commit;
  readonly ref: string;
  readonly base: Commit;
  readonly changes: readonly string[];
}

const MAIN = 'refs/heads/main';
const FEATURE = 'refs/heads/feature';
const TAG = 'refs/tags/v1.1.0';
const since = { head: 'head', ref: MAIN, base: 'fork', changes: ['shared'] } as const;
const release = { head: 'head', ref: TAG, base: 'first', changes: ['web', 'shared'] } as const;
const request = { base: 'head', changes: ['api', 'docs'] } as const;

const push = (before: string, forced = false) => ({ before, forced, repository: REPOSITORY });

const ROWS: ReadonlyArray<readonly [string, Row]> = [
  ['a push to a branch', { event: 'push', payload: () => push(at.fork), ...since }],
  [
    'the first push of a branch',
    { event: 'push', payload: () => push(NONE), head: 'feature', ref: FEATURE, base: 'fork', changes: ['api', 'docs'] },
  ],
  [
    'a forced push of the default branch',
    { event: 'push', payload: () => push(at.gone, true), ...since, base: 'gone', changes: ['web', 'shared'] },
  ],
  [
    'a forced push of another branch',
    {
      event: 'push',
      payload: () => push(at.gone, true),
      head: 'feature',
      ref: FEATURE,
      base: 'fork',
      changes: ['api', 'docs'],
    },
  ],
  ['a tag', { event: 'push', payload: () => push(NONE), ...release }],
  ['a release', { event: 'release', payload: () => ({ release: { tag_name: 'v1.1.0' } }), ...release }],
  ['a manual run on a tag', { event: 'workflow_dispatch', ...release }],
  [
    'a pull request',
    {
      event: 'pull_request',
      payload: () => ({
        repository: REPOSITORY,
        pull_request: { number: 1, base: { ref: 'main', sha: at.fork }, head: { sha: at.feature } },
      }),
      head: 'merge',
      ref: 'refs/pull/1/merge',
      ...request,
    },
  ],
  [
    'a merge group',
    {
      event: 'merge_group',
      payload: () => ({ merge_group: { base_sha: at.head, head_sha: at.queued, base_ref: MAIN } }),
      head: 'queued',
      ref: 'refs/heads/gh-readonly-queue/main/pr-1',
      ...request,
    },
  ],
  ...(['workflow_dispatch', 'schedule', 'workflow_run', 'repository_dispatch'] as const).map(
    (event) => [event, { event, ...since }] as const,
  ),
];

test.each(ROWS.flatMap(([title, row]) => [0, 1].map((depth) => [title, depth, row] as const)))(
  '%s, with checkout depth %d',
  async (_, depth, { event: name, payload = () => ({ repository: REPOSITORY }), head, ref, base, changes }) => {
    const event: Event = { name, ref, sha: at[head], payload: payload() };
    const { outputs } = await detect(world.checkout({ depth, sha: at[head], ref }), event);
    const named = Object.entries(at).find(([, sha]) => sha === outputs.base)?.[0];
    expect({ base: named, head: outputs.head, fallback: outputs.fallback }).toEqual({
      base,
      head: at[head],
      fallback: '',
    });
    expect(JSON.parse(outputs.changes ?? '')).toEqual(changes);
  },
);
