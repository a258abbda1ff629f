import { FakeClock } from '@hospital-ops/action-kit/fake-clock';
import { createRepository } from '@hospital-ops/git/client';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { THOROUGH } from '../support/thorough.ts';
import type { Event } from './detect.ts';
import { booleans, detect } from './detect.ts';
import { GitWorld, gitEnv } from './git-world.ts';

/**
 * A history as its parents: a step names one or two earlier ones, and the folder that it changes. A long one is a chain of
 * more commits than are fetched at once, so that half of a history looks like another.
 */
interface Step {
  readonly parents: readonly [number, number];
  readonly folder: 'apps/api' | 'apps/web' | 'packages/shared' | 'docs';
  readonly length: number;
}

interface Made {
  readonly sha: string;
  readonly parents: readonly number[];
  /** The content of each folder. */
  readonly tree: ReadonlyMap<string, number>;
}

const FOLDERS = ['apps/api', 'apps/web', 'packages/shared', 'docs'] as const;
const NAMES = ['api', 'web', 'shared', 'docs'] as const;

const LONG = 60;

const step = fc.record({
  parents: fc.tuple(fc.nat(3), fc.nat(3)),
  folder: fc.constantFrom(...FOLDERS),
  length: fc.constantFrom(1, 1, 1, LONG),
});
const steps = fc.array(step, { minLength: 3, maxLength: 12 }) as fc.Arbitrary<Step[]>;

const RUNS = THOROUGH ? 60 : 4;

let world: GitWorld;
beforeAll(() => {
  world = new GitWorld();
});
afterAll(() => world.dispose());

let serial = 0;

interface Planned {
  readonly parents: readonly number[];
  readonly folder: Step['folder'];
}

/** The commits that steps stand for, each with the numbers of its parents. */
const commitsOf = (history: readonly Step[]): Planned[] => {
  const planned: Planned[] = [];
  const ends: number[] = [];
  for (const [at, { parents, folder, length }] of history.entries()) {
    const chosen = at === 0 ? [] : [...new Set(parents.map((back) => ends[Math.max(0, at - 1 - back)] ?? 0))];
    planned.push({ parents: chosen, folder });
    while (planned.length < (ends.at(-1) ?? -1) + 1 + length) planned.push({ parents: [planned.length - 1], folder });
    ends.push(planned.length - 1);
  }
  return planned;
};

/** Writes the history; each commit is tagged, so that all of it can be fetched. */
const make = (history: readonly Step[]): Made[] => {
  const made: Array<Omit<Made, 'sha'>> = [];
  let stream = '';
  for (const [at, { parents, folder }] of commitsOf(history).entries()) {
    serial += 1;
    const tree = new Map(made[parents[0] ?? -1]?.tree ?? FOLDERS.map((name) => [name, 0] as const)).set(folder, serial);
    const [first, ...merged] = parents.map((parent) => `:${parent + 1}\n`);
    const from = first === undefined ? '' : `from ${first}${merged.map((parent) => `merge ${parent}`).join('')}`;
    const files = [...tree].map(([path, content]) => {
      const text = String(content);
      return `M 100644 inline ${path}/a\ndata ${text.length}\n${text}\n`;
    });
    stream += `reset refs/made\ncommit refs/made\nmark :${at + 1}\ncommitter A <a@example.org> ${1_700_000_000 + serial * 60} +0000\ndata 1\nc\n${from}deleteall\n${files.join('')}`;
    made.push({ parents, tree });
  }
  const shas = world.import(stream);
  return made.map((one, at) => ({ ...one, sha: shas[at] ?? '' }));
};

const ancestors = (made: readonly Made[], of: number): ReadonlySet<number> => {
  const found = new Set([of]);
  for (const one of found) for (const parent of made[one]?.parents ?? []) found.add(parent);
  return found;
};

/** Common ancestors that no other common ancestor descends from. */
const mergeBases = (made: readonly Made[], a: number, b: number): number[] => {
  const others = ancestors(made, b);
  const common = [...ancestors(made, a)].filter((one) => others.has(one));
  return common.filter((one) => !common.some((other) => other !== one && ancestors(made, other).has(one)));
};

const differing = (a: Made, b: Made) =>
  Object.fromEntries(FOLDERS.map((folder, at) => [NAMES[at], a.tree.get(folder) !== b.tree.get(folder)]));

const publish = (refs: Readonly<Record<string, string>>) => {
  world.sh(world.origin, "git for-each-ref --format='delete %(refname)' | git update-ref --stdin");
  world.push(...Object.entries(refs).map(([ref, sha]) => `${sha}:${ref}`));
};

const repositoryOf = (directory: string) =>
  createRepository({
    directory,
    env: gitEnv,
    signal: new AbortController().signal,
    clock: new FakeClock(),
    temporary: world.root,
    token: undefined,
    serverUrl: 'https://github.com',
  });

test('ancestry and merge bases of a checkout of depth 1 are those of the whole history', async () => {
  await fc.assert(
    fc.asyncProperty(steps, fc.nat(), fc.nat(), async (history, x, y) => {
      const made = make(history);
      const [a, b] = [x % made.length, y % made.length];
      const [first, second] = [made[a], made[b]];
      if (!first || !second) return;
      publish({ 'refs/heads/main': first.sha, 'refs/heads/other': second.sha });
      const repository = repositoryOf(world.checkout({ depth: 1, sha: first.sha, ref: 'refs/heads/main' }));
      try {
        expect((await repository.obtain(second.sha))?.sha).toBe(second.sha);
        expect(await repository.isAncestor(second.sha, first.sha)).toBe(ancestors(made, a).has(b));
        const { sha } = await repository.mergeBase(first.sha, second.sha);
        expect(mergeBases(made, a, b).map((one) => made[one]?.sha)).toContain(sha);
      } finally {
        await repository.dispose();
      }
    }),
    { numRuns: RUNS },
  );
});

test('a tag follows a nearest tagged ancestor, and what differs between the two is what is told', async () => {
  await fc.assert(
    fc.asyncProperty(steps, fc.array(fc.nat(), { maxLength: 6 }), async (history, tagged) => {
      const made = make(history);
      const last = made.length - 1;
      const head = made[last];
      if (!head) return;
      const tags = [...new Set(tagged.map((at) => at % made.length))].filter((at) => at !== last).sort((a, b) => a - b);
      // Which is higher has nothing to do with which is newer.
      const order = (at: number) => (at * 7_919) % 10_007;
      const version = (at: number) => `v1.${order(at)}.0`;
      publish({
        'refs/heads/main': head.sha,
        ...Object.fromEntries(tags.map((at) => [`refs/tags/${version(at)}`, made[at]?.sha ?? ''])),
        'refs/tags/v2.0.0': head.sha,
      });
      const ref = 'refs/tags/v2.0.0';
      const event: Event = { name: 'push', ref, payload: { ref, before: '0'.repeat(40) } };
      const { outputs } = await detect(world.checkout({ depth: 1, sha: head.sha, ref }), event);
      const behind = tags.filter((at) => ancestors(made, last).has(at));
      const nearest = behind.filter((at) => !behind.some((other) => other !== at && ancestors(made, other).has(at)));
      const base = made[nearest.sort((a, b) => order(a) - order(b)).at(-1) ?? -1];
      if (!base) {
        expect(booleans(outputs)).toEqual({ api: true, web: true, shared: true, docs: true });
        expect(outputs.fallback).not.toBe('');
        return;
      }
      expect([outputs.base, outputs.fallback]).toEqual([base.sha, '']);
      expect(booleans(outputs)).toEqual(differing(base, head));
    }),
    { numRuns: RUNS },
  );
});
