/** A service in the order of a release. */
export interface Ordered {
  readonly key: string;
  /** Keys of those that must be complete before this one begins. */
  readonly after: readonly string[];
}

/** How far a service is: on its way, at a good end, or at an end that nothing may be built on. */
export type Standing = 'running' | 'complete' | 'incomplete';

export interface Next {
  /** To begin now, in the order of the inputs. */
  readonly begin: readonly string[];
  /** Their turn can never come; `waitsFor` ended incomplete, or will never begin itself. */
  readonly never: ReadonlyArray<{ readonly key: string; readonly waitsFor: string }>;
}

/**
 * Returns what happens next in a release: whoever is not in `standings` has not begun. Never more than `places` run at
 * once; among those whose turn it is, the order of the inputs decides. A key in `after` that is not in the release
 * holds nobody up.
 */
export const nextOf = (all: readonly Ordered[], standings: ReadonlyMap<string, Standing>, places: number): Next => {
  const keys = new Set(all.map(({ key }) => key));
  const waiting = all.filter(({ key }) => !standings.has(key));
  const hopeless = new Map<string, string>();
  for (let grown = true; grown; ) {
    grown = false;
    for (const { key, after } of waiting) {
      const waitsFor = after.find((other) => standings.get(other) === 'incomplete' || hopeless.has(other));
      if (waitsFor === undefined || hopeless.has(key)) continue;
      hopeless.set(key, waitsFor);
      grown = true;
    }
  }
  const free = places - [...standings.values()].filter((standing) => standing === 'running').length;
  const ready = waiting.filter(({ after }) =>
    after.every((other) => !keys.has(other) || standings.get(other) === 'complete'),
  );
  return {
    begin: ready.slice(0, Math.max(0, free)).map(({ key }) => key),
    never: [...hopeless].map(([key, waitsFor]) => ({ key, waitsFor })),
  };
};

/** Returns for each key those that come after it, which go back before it does: nobody stands on what is taken away. */
export const dependentsOf = (all: readonly Ordered[]): ReadonlyMap<string, readonly string[]> =>
  new Map(all.map(({ key }) => [key, all.filter(({ after }) => after.includes(key)).map((other) => other.key)]));
