import { jsonpath } from 'json-p3';
import type { JsonPath, JsonValue } from './check.ts';

/** Returns the compiled RFC 9535 path, or a text that says why `text` is none. */
export const parseJsonPath = (text: string): JsonPath | string => {
  try {
    return { text, query: jsonpath.compile(text) };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

/** Returns every value at `path` in `document`, in document order. */
export const valuesAt = (path: JsonPath, document: JsonValue): JsonValue[] =>
  path.query.query(document as Parameters<typeof path.query.query>[0]).values() as JsonValue[];

const isObject = (value: JsonValue): value is { readonly [key: string]: JsonValue } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Typed equality: `"3"` is not `3`; the order of an object's keys does not count. */
export const jsonEquals = (a: JsonValue, b: JsonValue): boolean => {
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, index) => jsonEquals(item, b[index] ?? null));
  }
  if (isObject(a) && isObject(b)) {
    const keys = Object.keys(a);
    return (
      keys.length === Object.keys(b).length &&
      keys.every((key) => Object.hasOwn(b, key) && jsonEquals(a[key] ?? null, b[key] ?? null))
    );
  }
  return a === b;
};
