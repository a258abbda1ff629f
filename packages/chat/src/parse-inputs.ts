import type { Field } from './message.ts';
import type { ChatStatus } from './status.ts';
import { isStatus, STATUS_NAMES } from './status.ts';

export type Parsed<T> = { readonly value: T; readonly problem?: undefined } | { readonly problem: string };

/** Returns the status that `text` names. Absent is `unknown`: a job that told nothing has not succeeded. */
export const parseStatus = (text: string | undefined): Parsed<ChatStatus> => {
  if (text === undefined) return { value: 'unknown' };
  return isStatus(text) ? { value: text } : { problem: `expected one of ${STATUS_NAMES.join(', ')}` };
};

const scalar = (value: unknown): string | undefined =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;

const fromItem = (item: unknown): Field | undefined => {
  if (typeof item !== 'object' || item === null) return undefined;
  const { name, value, url } = item as Readonly<Record<string, unknown>>;
  const [nameText, valueText] = [scalar(name), scalar(value)];
  if (nameText === undefined || valueText === undefined) return undefined;
  return { name: nameText, value: valueText, url: scalar(url) };
};

/** Returns fields from a mapping of name to value, or a list of `{name, value, url?}`, in their order. */
export const parseFields = (value: unknown): Parsed<readonly Field[]> => {
  if (value === undefined || value === null) return { value: [] };
  const expected = 'expected a mapping of name to text, or a list of {name, value, url?}';
  if (typeof value !== 'object') return { problem: expected };
  const fields = Array.isArray(value)
    ? value.map(fromItem)
    : Object.entries(value).map(([name, inner]) => fromItem({ name, value: inner ?? '' }));
  const known = fields.filter((field) => field !== undefined);
  return known.length === fields.length ? { value: known } : { problem: expected };
};
