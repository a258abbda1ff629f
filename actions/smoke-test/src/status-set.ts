/** Inclusive ranges of HTTP status codes. */
export interface StatusSet {
  readonly ranges: ReadonlyArray<readonly [from: number, to: number]>;
}

const MIN = 100;
const MAX = 599;

const rangeOf = (part: string): readonly [number, number] | undefined => {
  const family = /^([1-5])xx$/i.exec(part);
  if (family) return [Number(family[1]) * 100, Number(family[1]) * 100 + 99];
  const [first = '', second = first, ...rest] = part.split('-').map((bound) => bound.trim());
  if (rest.length > 0 || ![first, second].every((bound) => /^\d{3}$/.test(bound))) return undefined;
  const from = Number(first);
  const to = Number(second);
  return from >= MIN && to <= MAX && from <= to ? [from, to] : undefined;
};

/** Returns the set that `200-299`, `200,204,301-302` or `2xx` spells, or undefined when it spells none. */
export const parseStatusSet = (text: string): StatusSet | undefined => {
  const ranges = text.split(',').map((part) => rangeOf(part.trim()));
  return ranges.every((range) => range !== undefined) ? { ranges } : undefined;
};

export const statusMatches = (set: StatusSet, status: number): boolean =>
  set.ranges.some(([from, to]) => status >= from && status <= to);

export const formatStatusSet = (set: StatusSet): string =>
  set.ranges.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(',');
