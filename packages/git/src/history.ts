import { OpsError } from '@hospital-ops/action-kit/errors';
import type { Command } from './command.ts';
import type { HistoryLine, Tag } from './tags.ts';
import { highestTag, nearestTags } from './tags.ts';

/** A history that can be looked at, and made longer where the clone is shallow. */
export interface Deepening {
  /** The command to look with; another one once something was fetched. */
  command(): Command;
  /** Commits whose parents are missing. */
  boundary(): Promise<ReadonlySet<string>>;
  fetch(options: readonly string[], wanted: readonly string[]): Promise<void>;
}

/** Few round trips, and no more history than needed: most answers lie within the first step. */
const STEPS = [['--deepen=50'], ['--deepen=500'], ['--deepen=5000'], ['--unshallow']] as const;

/**
 * Looks, and deepens the history of `tips` until `look` is certain. `look` gets the shallow boundary and returns
 * undefined as long as missing commits could change its answer.
 */
const untilCertain = async <T>(
  history: Deepening,
  tips: readonly string[],
  look: (boundary: ReadonlySet<string>) => Promise<{ readonly answer: T } | undefined>,
): Promise<T> => {
  for (const step of [...STEPS, undefined]) {
    const boundary = await history.boundary();
    const found = await look(boundary);
    if (found) return found.answer;
    if (step === undefined || boundary.size === 0) break;
    await history.fetch(step, tips);
  }
  throw new OpsError({ what: 'the history stayed incomplete after all of it was fetched.' });
};

const commitsOf = (output: string): string[] => output.split('\n').filter((line) => line !== '');

/** Returns the best common ancestor of two commits, or undefined when they have none. */
export const findMergeBase = (history: Deepening, a: string, b: string): Promise<string | undefined> =>
  untilCertain(history, [a, b], async (boundary) => {
    const base = (await history.command().attempt(['merge-base', a, b]))?.trim();
    if (boundary.size === 0) return { answer: base };
    if (!base) return undefined;
    // A path from either side that ends at the boundary could lead to a later common ancestor.
    const between = commitsOf(await history.command().text(['rev-list', a, b, '--not', base]));
    return between.some((commit) => boundary.has(commit)) ? undefined : { answer: base };
  });

/** Returns whether `ancestor` lies in the history of `descendant`; a commit is its own ancestor. */
export const findAncestry = (history: Deepening, ancestor: string, descendant: string): Promise<boolean> =>
  untilCertain(history, [descendant], async (boundary) => {
    const yes = await history.command().attempt(['merge-base', '--is-ancestor', ancestor, descendant]);
    if (yes !== undefined) return { answer: true };
    if (boundary.size === 0) return { answer: false };
    const own = commitsOf(await history.command().text(['rev-list', descendant, '--not', ancestor]));
    return own.some((commit) => boundary.has(commit)) ? undefined : { answer: false };
  });

/** Returns the tag that `head` descends from most directly; of several the one with the highest version. */
export const findNearestTag = (
  history: Deepening,
  head: string,
  candidates: readonly Tag[],
): Promise<Tag | undefined> =>
  untilCertain(history, [head], async (boundary) => {
    const output = await history.command().text(['rev-list', '--topo-order', '--parents', head]);
    const lines = commitsOf(output).map((line) => line.split(' ') as unknown as HistoryLine);
    const { nearest, certain } = nearestTags(lines, candidates, boundary);
    return certain ? { answer: highestTag(nearest) } : undefined;
  });
