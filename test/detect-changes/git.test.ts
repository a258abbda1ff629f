import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Event } from './detect.ts';
import { booleans, detect } from './detect.ts';
import { GitWorld } from './git-world.ts';

const BASE = {
  'apps/api/a.ts': 'a\n',
  'apps/web/a.ts': 'a\n',
  'packages/shared/a.ts': 'a\n',
  'docs/a.md': 'a\n',
  'README.md': 'a\n',
};

const given = JSON.parse(
  readFileSync(new URL('../fixtures/detect-changes/git.json', import.meta.url), 'utf8'),
) as ReadonlyArray<{
  readonly id: string;
  readonly scenario: string;
  readonly expected: Record<string, boolean> | null;
}>;

const NONE = '0'.repeat(40);
const REPOSITORY = { default_branch: 'main' };

const pushEvent = (ref: string, before: string, extra: object = {}): Event => ({
  name: 'push',
  ref,
  payload: { ref, before, repository: REPOSITORY, ...extra },
});

let world: GitWorld;
beforeEach(() => {
  world = new GitWorld();
});
afterEach(() => world.dispose());

interface Situation {
  readonly event: Event;
  readonly directory: string;
  readonly inputs?: Readonly<Record<string, string>>;
}

/** Two commits on main: one before, one after `edits`. */
const onePush = (edits: Parameters<GitWorld['commit']>[0], depth = 1): Situation => {
  const before = world.commit(BASE);
  world.push('main');
  const sha = world.commit(edits);
  world.push('main');
  return {
    event: pushEvent('refs/heads/main', before),
    directory: world.checkout({ depth, sha, ref: 'refs/heads/main' }),
  };
};

/** v1.0.0, then commits to api, web and docs on main, then v1.1.0. */
const twoReleases = (): string => {
  world.commit(BASE);
  world.tag('v1.0.0');
  world.commit({ 'apps/api/a.ts': 'b' });
  world.commit({ 'apps/web/a.ts': 'b' });
  const sha = world.commit({ 'docs/a.md': 'b' });
  world.push('main');
  world.tag('v1.1.0', true);
  return sha;
};

const request = (head: string, base: string, ref: string) => ({
  number: 1,
  base: { sha: base, ref: 'main', repo: { id: 1 } },
  head: { sha: head, ref, repo: { id: 1 } },
});

/** A queue's branch: main plus the squashed pull request. */
const mergeGroup = (depth: number): Situation => {
  world.commit(BASE);
  const base = world.commit({ 'apps/web/a.ts': 'b' });
  world.push('main');
  world.branch('gh-readonly-queue/main/pr-1');
  const sha = world.commit({ 'apps/api/a.ts': 'b' });
  const ref = 'refs/heads/gh-readonly-queue/main/pr-1';
  world.push('HEAD:refs/heads/gh-readonly-queue/main/pr-1');
  return {
    event: {
      name: 'merge_group',
      ref,
      payload: { merge_group: { base_sha: base, head_sha: sha, base_ref: 'refs/heads/main' } },
    },
    directory: world.checkout({ depth, sha, ref }),
  };
};

/** A request whose branch left main before main itself changed web. */
const behindMain = (edits: Parameters<GitWorld['commit']>[0]) => {
  world.commit(BASE);
  world.branch('feature');
  const head = world.commit(edits);
  world.push('feature');
  world.switchTo('main');
  const base = world.commit({ 'apps/web/a.ts': 'b' });
  world.push('main');
  return { head, base };
};

const situations: Readonly<Record<string, () => Situation>> = {
  G01: () => {
    world.commit(BASE);
    world.push('main');
    world.branch('feature');
    world.commit({ 'apps/api/a.ts': 'b' });
    world.commit({ 'docs/a.md': 'b' });
    const sha = world.commit({ 'docs/a.md': 'c' });
    world.push('feature');
    const ref = 'refs/heads/feature';
    return { event: pushEvent(ref, NONE, { created: true }), directory: world.checkout({ depth: 1, sha, ref }) };
  },
  G03: () => {
    world.commit(BASE);
    world.push('main');
    world.branch('feature');
    const before = world.commit({ 'apps/api/a.ts': 'b' });
    const sha = world.commit({ 'docs/a.md': 'b' });
    world.push('feature');
    const ref = 'refs/heads/feature';
    return { event: pushEvent(ref, before), directory: world.checkout({ depth: 1, sha, ref }) };
  },
  G05: () => {
    world.commit(BASE);
    const sha = world.commit({ 'docs/a.md': 'b' });
    world.push('main');
    const ref = 'refs/heads/main';
    return { event: pushEvent(ref, NONE, { created: true }), directory: world.checkout({ depth: 1, sha, ref }) };
  },
  G07: () => {
    const before = world.commit(BASE);
    world.commit({ 'apps/api/a.ts': 'b' });
    world.commit({ 'apps/web/a.ts': 'b' });
    const sha = world.commit({ 'docs/a.md': 'b' });
    world.push('main');
    const ref = 'refs/heads/main';
    return { event: pushEvent(ref, before), directory: world.checkout({ depth: 1, sha, ref }) };
  },
  G09: () => ({
    ...onePush({ 'apps/api/a.ts': 'b' }),
    event: { name: 'schedule', ref: 'refs/heads/main', payload: { schedule: '0 0 * * *' } },
  }),
  G12: () => {
    world.commit(BASE);
    world.push('main');
    world.branch('feature');
    const before = world.commit({ 'apps/api/a.ts': 'b', 'apps/web/a.ts': 'b' });
    world.push('feature');
    world.branch('feature', 'main');
    const sha = world.commit({ 'packages/shared/a.ts': 'b', 'docs/a.md': 'b' });
    world.push('feature');
    const ref = 'refs/heads/feature';
    return { event: pushEvent(ref, before, { forced: true }), directory: world.checkout({ depth: 1, sha, ref }) };
  },
  G14: () => {
    world.commit(BASE);
    world.push('main');
    const sha = world.commit({ 'apps/api/a.ts': 'b' });
    world.push('main');
    const ref = 'refs/heads/main';
    const event = pushEvent(ref, 'd'.repeat(40), { forced: true });
    return { event, directory: world.checkout({ depth: 1, sha, ref }) };
  },
  G16: () => {
    world.commit(BASE);
    world.branch('feature');
    world.commit({ 'apps/api/a.ts': 'b' });
    world.switchTo('main');
    world.commit({ 'apps/web/a.ts': 'b' });
    const sha = world.merge('feature');
    world.push('main');
    const ref = 'refs/heads/main';
    const event = { name: 'workflow_dispatch', ref, payload: { repository: REPOSITORY } };
    return { event, directory: world.checkout({ depth: 0, sha, ref }) };
  },
  G18: () => onePush({ 'apps/api/a.ts': null, 'packages/shared/moved.ts': 'a\n' }),
  G20: () => onePush({ 'apps/api/a.ts': null }),
  G22: () => {
    const sha = twoReleases();
    const ref = 'refs/tags/v1.1.0';
    return { event: pushEvent(ref, NONE, { created: true }), directory: world.checkout({ depth: 1, sha, ref }) };
  },
  G24: () => {
    const sha = twoReleases();
    const ref = 'refs/tags/v1.1.0';
    const event = { name: 'release', ref, payload: { release: { tag_name: 'v1.1.0' }, repository: REPOSITORY } };
    return { event, directory: world.checkout({ depth: 0, sha, ref }) };
  },
  G26: () => onePush({ 'apps/api/café.ts': 'a' }),
  G28: () => onePush({ 'apps/api/a\nb.ts': 'a', 'apps/web/a\tb.ts': 'a', 'docs/a"b.md': 'a' }),
  G30: () => onePush({ 'apps/api/a.ts': { executable: true }, 'docs/a.md': { link: '../README.md' } }),
  G32: () => {
    const { head, base } = behindMain({ 'apps/api/a.ts': 'b' });
    const event = {
      name: 'pull_request',
      ref: 'refs/pull/1/merge',
      payload: { pull_request: request(head, base, 'feature') },
    };
    return { event, directory: world.checkout({ depth: 1, sha: head, ref: 'refs/heads/feature' }) };
  },
  G34: () => mergeGroup(1),
  G36: () => onePush({}),
  G38: () => onePush({ 'docs/a.md': null, 'docs/A.md': 'a\n' }),
  G40: () => mergeGroup(0),
  G42: () => {
    world.commit(BASE);
    world.push('main');
    world.branch('release/1');
    const before = world.commit({ 'apps/api/a.ts': 'b' });
    const sha = world.commit({ 'docs/a.md': 'b' });
    world.push('release/1');
    const ref = 'refs/heads/release/1';
    return { event: pushEvent(ref, before), directory: world.checkout({ depth: 1, sha, ref }) };
  },
  G44: () => {
    const { head, base } = behindMain({ 'apps/api/a.ts': 'b', 'docs/a.md': 'b' });
    const event = {
      name: 'pull_request',
      ref: 'refs/pull/1/merge',
      payload: { pull_request: request(head, base, 'feature') },
    };
    return { event, directory: world.checkout({ depth: 1, sha: head, ref: 'refs/heads/feature' }) };
  },
  G46: () => {
    const situation = onePush({ 'apps/api/a.ts': 'b\n', 'apps/web/copy.ts': 'a\n' });
    world.git(situation.directory, 'config', 'diff.renames', 'copies');
    return situation;
  },
};

const all = { api: true, web: true, shared: true, docs: true };
/** Where the given cases leave it open, what this action answers. */
const ours: Readonly<Record<string, Readonly<Record<string, boolean>>>> = {
  G03: { api: false, web: false, shared: false, docs: true },
  G09: { api: true, web: false, shared: false, docs: false },
  G14: all,
  G42: { api: false, web: false, shared: false, docs: true },
};

test('every given situation is played', () => {
  expect(Object.keys(situations)).toEqual(given.map(({ id }) => id));
});

test.each(given.map((one) => [one.id, one.scenario, one] as const))('%s %s', async (id, _, { expected }) => {
  const situation = situations[id]?.();
  if (!situation) throw new Error(`no situation ${id}`);
  const { outputs } = await detect(situation.directory, situation.event);
  expect(booleans(outputs)).toEqual(expected ?? ours[id]);
});
