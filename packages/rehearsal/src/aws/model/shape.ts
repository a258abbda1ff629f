/**
 * The SDK's schema notation, read into plain shapes. Numbers are simple types (0 text, 1 number, 2 boolean, 4-7 time,
 * 15 document, 17/19 big numbers, 21/42 bytes) with 64 for "list of" and 128 for "map of"; arrays are [kind, namespace,
 * name, traits, …] with kind 1 list, 2 map, 3 structure, 4 union, -3 error, 9 operation; functions are looked up late.
 * Source: @smithy/types schema/sentinels and schema/static-schemas; structures name their required members first and
 * carry their number last.
 */
export type Shape =
  | { readonly kind: 'text' | 'number' | 'boolean' | 'time' | 'bytes' | 'any' }
  | { readonly kind: 'list' | 'map'; readonly item: () => Shape }
  | {
      readonly kind: 'structure';
      readonly name: string;
      readonly members: ReadonlyMap<string, () => Shape>;
      readonly required: readonly string[];
    };

const SIMPLE: Readonly<Record<number, Shape>> = {
  0: { kind: 'text' },
  1: { kind: 'number' },
  2: { kind: 'boolean' },
  4: { kind: 'time' },
  5: { kind: 'time' },
  6: { kind: 'time' },
  7: { kind: 'time' },
  15: { kind: 'any' },
  17: { kind: 'number' },
  19: { kind: 'number' },
  21: { kind: 'bytes' },
  42: { kind: 'bytes' },
};

const simple = (code: number): Shape => SIMPLE[code] ?? { kind: 'any' };

const cache = new WeakMap<object, Shape>();

/** Returns the shape of one of the SDK's schemas; what it does not know is `any`. */
export const shapeOf = (schema: unknown): Shape => {
  if (typeof schema === 'function') return shapeOf(schema());
  if (typeof schema === 'number') {
    if ((schema & 128) !== 0) return { kind: 'map', item: () => simple(schema & 63) };
    return (schema & 64) !== 0 ? { kind: 'list', item: () => simple(schema & 63) } : simple(schema);
  }
  if (!Array.isArray(schema)) return { kind: 'any' };
  const known = cache.get(schema);
  if (known !== undefined) return known;
  const shape = read(schema);
  cache.set(schema, shape);
  return shape;
};

const read = (schema: readonly unknown[]): Shape => {
  const [kind] = schema;
  // A member with traits of its own is a pair [schema, traits].
  if (schema.length === 2) return shapeOf(kind);
  if (kind === 0) return shapeOf(schema[4]);
  if (kind === 1) return { kind: 'list', item: () => shapeOf(schema[4]) };
  if (kind === 2) return { kind: 'map', item: () => shapeOf(schema[5]) };
  if (kind !== 3 && kind !== 4 && kind !== -3) return { kind: 'any' };
  const names = Array.isArray(schema[4]) ? schema[4].map(String) : [];
  const types: readonly unknown[] = Array.isArray(schema[5]) ? schema[5] : [];
  return {
    kind: 'structure',
    name: String(schema[2]),
    members: new Map(names.map((name, index) => [name, () => shapeOf(types[index])])),
    required: names.slice(0, typeof schema[6] === 'number' ? schema[6] : 0),
  };
};

export interface OperationShapes {
  readonly input: Shape;
  readonly output: Shape;
}

/** Returns the operations of a service's schemas by name. */
export const operationsOf = (schemas: ReadonlyMap<string, unknown>): ReadonlyMap<string, OperationShapes> =>
  new Map(
    [...schemas.values()].flatMap((schema) =>
      Array.isArray(schema) && schema[0] === 9
        ? [[String(schema[2]), { input: shapeOf(schema[4]), output: shapeOf(schema[5]) }] as const]
        : [],
    ),
  );

export interface QueryError {
  readonly code: string;
  readonly status: number;
}

/** Returns how the query protocol names the errors of a service, by their names in the model (trait awsQueryError). */
export const queryErrorsOf = (schemas: ReadonlyMap<string, unknown>): ReadonlyMap<string, QueryError> => {
  const errors = new Map<string, QueryError>();
  for (const schema of schemas.values()) {
    if (!Array.isArray(schema) || schema[0] !== -3) continue;
    const traits: unknown = schema[3];
    const trait =
      typeof traits === 'object' && traits !== null && 'awsQueryError' in traits ? traits.awsQueryError : [];
    const [code, status]: readonly unknown[] = Array.isArray(trait) ? trait : [];
    if (typeof code === 'string' && typeof status === 'number') errors.set(String(schema[2]), { code, status });
  }
  return errors;
};
