import { nearest } from '@hospital-ops/action-kit/inputs';
import { isMap } from '@hospital-ops/action-kit/is-map';
import { neutralizeToLine } from '@hospital-ops/action-kit/untrusted';
import { KNOWN_MEMBERS, ROOT } from './known-members.ts';
import type { JsonObject } from './ports.ts';
import { registrationBody } from './task-definition.ts';

/** A definition that somebody wrote, after a look at every member. */
export interface CheckedDefinition {
  /** Without members that are null, which AWS's JSON protocol takes as absent, and without those only answers carry. */
  readonly body: JsonObject;
  /** Why it must not be registered; never with a value. */
  readonly problems: readonly string[];
  /** Members that are passed on although the model does not know them. */
  readonly notices: readonly string[];
}

interface Findings {
  readonly problems: string[];
  readonly notices: string[];
}

const membersOf = (structure: string): ReadonlyMap<string, string> =>
  new Map(
    (KNOWN_MEMBERS[structure] ?? '')
      .split(/\s+/)
      .filter((word) => word !== '')
      .map((word) => {
        const at = word.indexOf(':');
        return at < 0 ? [word, 'text'] : [word.slice(0, at), word.slice(at + 1)];
      }),
  );

const letters = (word: string): string => word.toLowerCase().replace(/[^a-z0-9]/g, '');

/**
 * Returns the member that was most likely meant. Narrower than elsewhere: a member that is newer than the model may
 * resemble an older one by chance, and must pass.
 */
const meant = (word: string, known: readonly string[]): string | undefined =>
  known.find((name) => letters(name) === letters(word) && letters(word) !== '') ??
  (word.length < 4 ? undefined : nearest(word, known, word.length < 8 ? 1 : 2));

const kindOf = (value: unknown): string => (typeof value === 'string' ? 'text' : typeof value);

const found = (value: unknown): string => {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  const kind = kindOf(value);
  return kind === 'object' ? 'a map' : kind === 'text' ? kind : `a ${kind}`;
};

const QUOTES = '; put it in quotes, so that no character of it is changed';

const checkSimple = (value: unknown, kind: string, place: string, { problems }: Findings): void => {
  if (kindOf(value) === kind) return;
  const quotes = kind === 'text' && (typeof value === 'number' || typeof value === 'boolean') ? QUOTES : '';
  problems.push(`${place} must be ${kind === 'text' ? 'text' : `a ${kind}`}, not ${found(value)}${quotes}`);
};

const placeOf = (path: readonly string[]): string => neutralizeToLine(path.join(' › '), 200);

const checkStructure = (
  value: JsonObject,
  structure: string,
  path: readonly string[],
  findings: Findings,
): JsonObject => {
  const members = membersOf(structure);
  const kept: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(value)) {
    if (member === null || member === undefined) continue;
    const kind = members.get(name);
    const place = [...path, name];
    if (kind !== undefined) {
      kept[name] = check(member, kind, place, findings);
      continue;
    }
    const near = meant(name, [...members.keys()]);
    if (near === undefined) findings.notices.push(placeOf(place));
    else findings.problems.push(`${placeOf(place)} is not known; did you mean \`${near}\`?`);
    kept[name] = member;
  }
  return kept;
};

const check = (value: unknown, kind: string, path: readonly string[], findings: Findings): unknown => {
  const mistyped = (expected: string) => {
    findings.problems.push(`${placeOf(path)} must be ${expected}, not ${found(value)}`);
    return value;
  };
  if (kind.startsWith('[')) {
    if (!Array.isArray(value)) return mistyped('a list');
    const items: readonly unknown[] = value;
    return items.map((item, index) => {
      const name = isMap(item) && typeof item.name === 'string' && item.name !== '' ? item.name : String(index);
      return check(item, kind.slice(1, -1), [...path, name], findings);
    });
  }
  if (kind === 'map') {
    if (!isMap(value)) return mistyped('a map');
    const kept = Object.entries(value).filter(([, item]) => item !== null);
    for (const [name, item] of kept) checkSimple(item, 'text', placeOf([...path, name]), findings);
    return Object.fromEntries(kept);
  }
  if (KNOWN_MEMBERS[kind] !== undefined) {
    return isMap(value) ? checkStructure(value, kind, path, findings) : mistyped('a map');
  }
  checkSimple(value, kind, placeOf(path), findings);
  return value;
};

/**
 * Returns a definition that can be registered, and what is wrong with it. A member that the model of ECS does not know at
 * its place is a problem when it looks like one that it knows, else it stays (it may be newer than the model) and is
 * noted. Numbers where text belongs are problems: `1.10` would be sent as `1.1`.
 */
export const checkDefinition = (definition: JsonObject): CheckedDefinition => {
  const findings: Findings = { problems: [], notices: [] };
  const body = checkStructure(registrationBody(definition), ROOT, [], findings);
  return { body, ...findings };
};
