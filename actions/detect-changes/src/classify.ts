import type { Change } from '@hospital-ops/git/diff';
import type { Filter } from './filters.ts';
import { matchesList, mayTake } from './patterns.ts';

export interface ServiceFilter {
  readonly name: string;
  readonly dependsOn: readonly string[];
}

/** Tells which services a changed file belongs to. */
export interface ServiceFilters {
  readonly services: readonly ServiceFilter[];
  /** The way from the file to each service that it changes, and whether any service was asked about it. */
  reasons(change: Change): { readonly known: boolean; readonly ways: ReadonlyMap<string, readonly string[]> };
}

export const NO_SERVICES: ServiceFilters = { services: [], reasons: () => ({ known: false, ways: new Map() }) };

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

interface Hit {
  readonly path: string;
  /** From the file to the service. */
  readonly way: readonly string[];
}

const verdict = (name: string, hits: readonly Hit[]): Verdict => ({
  name,
  changed: hits.length > 0,
  reason: hits[0] ? [hits[0].path, ...hits[0].way].join(' → ') : '',
  files: hits.map(({ path }) => path),
});

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

/** Returns the filters that could take a file, remembered by its folder. */
const candidatesOf = (filters: readonly Filter[]): ((path: string) => readonly Filter[]) => {
  const known = new Map<string, readonly Filter[]>();
  return (path) => {
    const folder = path.slice(0, path.lastIndexOf('/') + 1);
    const found = known.get(folder) ?? filters.filter(({ rules }) => mayTake(rules, folder));
    known.set(folder, found);
    return found;
  };
};

/** Returns for each filter whether these changes touch it, and what no filter speaks of. Filters first, then services. */
export const classify = (
  changes: readonly Change[],
  filters: readonly Filter[],
  { services, reasons }: ServiceFilters,
): Classification => {
  const hits = new Map<string, Hit[]>([...filters, ...services].map(({ name }) => [name, []] as [string, Hit[]]));
  const candidates = candidatesOf(filters);
  const unclassified: string[] = [];
  for (const change of changes) {
    const { path } = change;
    let claimed = false;
    for (const { name, rules } of candidates(path)) {
      if (!matchesList(rules, change)) continue;
      claimed = true;
      hits.get(name)?.push({ path, way: [] });
    }
    const { known, ways } = reasons(change);
    for (const [name, way] of ways) hits.get(name)?.push({ path, way });
    if (!claimed && !known && ways.size === 0) unclassified.push(path);
  }
  const verdicts = [...hits].map(([name, found]) => verdict(name, found));
  return { verdicts: spread(verdicts, services), unclassified };
};

/** Returns every filter as changed, because the changes cannot be known. */
export const everything = (names: readonly string[], why: string): Classification => ({
  verdicts: names.map((name) => ({ name, changed: true, reason: why, files: [] })),
  unclassified: [],
});

/** Returns the services of `filters` that a comparison speaks for; files of the others are known all the same. */
export const only = ({ services, reasons }: ServiceFilters, speaksFor: (name: string) => boolean): ServiceFilters => ({
  services,
  reasons: (change) => {
    const { known, ways } = reasons(change);
    const left = new Map([...ways].filter(([name]) => speaksFor(name)));
    return { known: known || left.size < ways.size, ways: left };
  },
});

/** Returns what several comparisons say together: what is changed in one of them is changed. */
export const together = (all: readonly Classification[]): Classification => {
  const [first, ...others] = all;
  if (!first || others.length === 0) return first ?? { verdicts: [], unclassified: [] };
  const verdicts = first.verdicts.map((own) => {
    const same = [own, ...others.flatMap((other) => other.verdicts.find(({ name }) => name === own.name) ?? [])];
    const files = [...new Set(same.flatMap((one) => one.files))];
    return { ...(same.find(({ changed }) => changed) ?? own), files };
  });
  return { verdicts, unclassified: [...new Set(all.flatMap(({ unclassified }) => unclassified))] };
};
