/** An attribute's value as it is sent: one member that names its type, such as `{ S: 'text' }`. */
export type Value = Readonly<Record<string, unknown>>;

export type Stored = Readonly<Record<string, Value>>;

export const typeOf = (value: Value | undefined): string | undefined => value && Object.keys(value)[0];

/** True when two values are the same; numbers are compared as such, maps without regard to order. */
export const isSame = (a: unknown, b: unknown): boolean => {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b) === 0;
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  if (typeof left.N === 'string' && typeof right.N === 'string') return Number(left.N) === Number(right.N);
  const names = Object.keys(left);
  return names.length === Object.keys(right).length && names.every((name) => isSame(left[name], right[name]));
};

/** Returns the order of two values of one type that has an order (text by its bytes, numbers), else undefined. */
export const compare = (a: Value, b: Value): number | undefined => {
  if (typeOf(a) !== typeOf(b)) return undefined;
  if (typeof a.N === 'string') return Number(a.N) - Number(b.N);
  if (typeof a.S === 'string' && typeof b.S === 'string') return Buffer.compare(Buffer.from(a.S), Buffer.from(b.S));
  return undefined;
};

const textBytes = (text: unknown): number => (typeof text === 'string' ? Buffer.byteLength(text) : 0);

const sizeOf = (value: unknown): number => {
  if (typeof value === 'string') return textBytes(value);
  if (value instanceof Uint8Array) return value.length;
  if (Array.isArray(value)) return value.reduce((sum: number, entry) => sum + 1 + sizeOf(entry), 3);
  if (typeof value !== 'object' || value === null) return 1;
  return Object.entries(value).reduce((sum, [name, entry]) => sum + textBytes(name) + sizeOf(entry), 0);
};

/** Returns about the bytes that an item takes: names and values ("DynamoDB item sizes and formats"). */
export const itemBytes = (item: Stored): number => sizeOf(item);
