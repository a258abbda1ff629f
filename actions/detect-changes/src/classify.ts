import type { Change } from '@hospital-ops/git/diff';
import type { Filter } from './filters.ts';
import type { PatternList } from './patterns.ts';
import { lastMatch, matchesList } from './patterns.ts';
import type { ServiceFilter } from './services.ts';

/** What is said of one filter. */
export interface Verdict {
  readonly name: string;
  readonly changed: boolean;
  /** Why it is changed: the first file and the way from it; foreign text. Empty when it is not. */
  readonly reason: string;
  readonly files: readonly string[];
}

export interface Classification {
  readonly verdicts: readonly Verdict[];
  /** Changed files that no filter speaks of. */
  readonly unclassified: readonly string[];
}

export interface FilterSet {
  readonly filters: readonly Filter[];
  readonly services: readonly ServiceFilter[];
  /** `global-paths` of the pipeline file. */
  readonly globalRules: PatternList;
  /** Why a file belongs to every service by itself, or undefined. */
  globalReason(path: string): string | undefined;
}

interface Hit {
  readonly path: string;
  readonly reason: string;
}

const verdict = (name: string, hits: readonly Hit[]): Verdict => ({
  name,
  changed: hits.length > 0,
  reason: hits[0]?.reason ?? '',
  files: hits.map(({ path }) => path),
});

const serviceHit = (service: ServiceFilter, change: Change, everywhere: string | undefined): Hit | undefined => {
  const { path } = change;
  if (everywhere !== undefined) return { path, reason: `${path} (${everywhere})` };
  const ruled = lastMatch(service.rules, change);
  if (ruled === false) return undefined;
  const source = service.sources.find(({ matches }) => matches(path));
  if (source) return { path, reason: [path, ...source.through].join(' → ') };
  return ruled ? { path, reason: `${path} (by \`paths\`)` } : undefined;
};

/** Marks what depends on a changed service, as often as that marks another one. */
const spread = (verdicts: readonly Verdict[], services: readonly ServiceFilter[]): Verdict[] => {
  const changed = new Map(verdicts.map((one) => [one.name, one]));
  for (let again = true; again; ) {
    again = false;
    for (const { name, dependsOn } of services) {
      const own = changed.get(name);
      const cause = dependsOn.map((other) => changed.get(other)).find((other) => other?.changed);
      if (!own || own.changed || !cause) continue;
      changed.set(name, {
        ...own,
        changed: true,
        reason: `depends on ${cause.name}: ${cause.reason}`,
        files: cause.files,
      });
      again = true;
    }
  }
  return [...changed.values()];
};

/** Returns for each filter whether these changes touch it, and what no filter speaks of. Filters first, then services. */
export const classify = (changes: readonly Change[], set: FilterSet): Classification => {
  const hits = new Map<string, Hit[]>(
    [...set.filters, ...set.services].map(({ name }) => [name, []] as [string, Hit[]]),
  );
  const unclassified: string[] = [];
  for (const change of changes) {
    const { path } = change;
    let claimed = false;
    const claim = (name: string, hit: Hit) => {
      claimed = true;
      hits.get(name)?.push(hit);
    };
    for (const { name, rules } of set.filters) if (matchesList(rules, change)) claim(name, { path, reason: path });
    if (set.services.length > 0) {
      const everywhere =
        set.globalReason(path) ?? (matchesList(set.globalRules, change) ? '`global-paths`' : undefined);
      for (const service of set.services) {
        const hit = serviceHit(service, change, everywhere);
        if (hit) claim(service.name, hit);
      }
    }
    if (!claimed) unclassified.push(path);
  }
  const verdicts = [...hits].map(([name, found]) => verdict(name, found));
  return { verdicts: spread(verdicts, set.services), unclassified };
};

/** Returns every filter as changed, because the changes cannot be known. */
export const everything = (names: readonly string[], why: string): Classification => ({
  verdicts: names.map((name) => ({ name, changed: true, reason: why, files: [] })),
  unclassified: [],
});
