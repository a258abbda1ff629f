import type { Shape } from './shape.ts';

/** What a value has that its shape does not allow. Paths read as `containerDefinitions[0].image`. */
export interface ModelProblems {
  readonly unknown: readonly string[];
  readonly missing: readonly string[];
  readonly mistyped: ReadonlyArray<{ readonly path: string; readonly expected: string; readonly found: string }>;
}

export interface Checked {
  /** The value with times as Date, bytes as Buffer, without nulls and without unknown members. */
  readonly value: unknown;
  readonly problems: ModelProblems;
}

interface Found {
  unknown: string[];
  missing: string[];
  mistyped: Array<{ path: string; expected: string; found: string }>;
}

const MISTYPED = Symbol('mistyped');

const typeName = (value: unknown): string => {
  if (Array.isArray(value)) return 'list';
  if (value === null) return 'null';
  return typeof value === 'object' ? 'structure' : typeof value;
};

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);

const decodeTime = (value: unknown): unknown => {
  if (value instanceof Date) return value;
  const time =
    typeof value === 'number' ? new Date(value * 1000) : new Date(typeof value === 'string' ? value : Number.NaN);
  return Number.isNaN(time.getTime()) ? MISTYPED : time;
};

const decodeBytes = (value: unknown): unknown => {
  if (value instanceof Uint8Array) return value;
  return typeof value === 'string' ? Buffer.from(value, 'base64') : MISTYPED;
};

const simple = (shape: Shape, value: unknown): unknown => {
  if (shape.kind === 'text') return typeof value === 'string' ? value : MISTYPED;
  if (shape.kind === 'number') return typeof value === 'number' ? value : MISTYPED;
  if (shape.kind === 'boolean') return typeof value === 'boolean' ? value : MISTYPED;
  if (shape.kind === 'time') return decodeTime(value);
  return shape.kind === 'bytes' ? decodeBytes(value) : value;
};

const walk = (shape: Shape, value: unknown, path: string, found: Found): unknown => {
  const wrong = () => {
    found.mistyped.push({ path: path || 'the request', expected: shape.kind, found: typeName(value) });
    return undefined;
  };
  if (shape.kind === 'list') {
    if (!Array.isArray(value)) return wrong();
    return value.map((item, index) => walk(shape.item(), item, `${path}[${index}]`, found));
  }
  if (shape.kind === 'map') {
    if (!isRecord(value)) return wrong();
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, walk(shape.item(), item, `${path}.${key}`, found)]),
    );
  }
  if (shape.kind === 'structure') {
    if (!isRecord(value)) return wrong();
    const at = (name: string) => (path === '' ? name : `${path}.${name}`);
    for (const name of shape.required)
      if (value[name] === undefined || value[name] === null) found.missing.push(at(name));
    const kept: Record<string, unknown> = {};
    for (const [name, item] of Object.entries(value)) {
      const member = shape.members.get(name);
      if (member === undefined) {
        if (item !== undefined) found.unknown.push(at(name));
      } else if (item !== undefined && item !== null) kept[name] = walk(member(), item, at(name), found);
    }
    return kept;
  }
  const decoded = simple(shape, value);
  return decoded === MISTYPED ? wrong() : decoded;
};

/** Holds `value` against `shape`; never throws. */
export const checkAgainst = (shape: Shape, value: unknown): Checked => {
  const problems: Found = { unknown: [], missing: [], mistyped: [] };
  return { value: walk(shape, value, '', problems), problems };
};
