import type { Fields } from '../egress/exchange.ts';
import type { ResultsJob } from './job-token.ts';
import { Refusal } from './refusal.ts';

/** The methods of a service: a request and the job that makes it, to the answer. Throw Refusal. */
export type Methods = Readonly<Record<string, (request: Fields, job: ResultsJob) => Fields>>;

const camel = (name: string): string => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

/** The value of a field, which JSON of Protocol Buffers may spell in two ways. */
const value = (request: Fields, name: string): unknown => request[name] ?? request[camel(name)];

/** Returns a text, empty when it is missing, as is the default of Protocol Buffers. */
export const text = (request: Fields, name: string): string => {
  const found = value(request, name) ?? '';
  if (typeof found !== 'string') throw new Refusal('invalid_argument', `${name} is no text`);
  return found;
};

export const texts = (request: Fields, name: string): string[] => {
  const found = value(request, name) ?? [];
  if (!Array.isArray(found) || found.some((one) => typeof one !== 'string')) {
    throw new Refusal('invalid_argument', `${name} is no list of texts`);
  }
  return found as string[];
};

/** Returns an int64, which JSON has as text or number. */
export const count = (request: Fields, name: string): number => {
  const found = Number(value(request, name) ?? 0);
  if (!Number.isSafeInteger(found) || found < 0) throw new Refusal('invalid_argument', `${name} is no count`);
  return found;
};
