import { AwsFault } from '../service.ts';

/** Returns the body of a JSON 1.0/1.1 request; throws SerializationException as AWS does when it is none. */
export const parseJsonBody = (body: string): unknown => {
  if (body === '') return {};
  try {
    return JSON.parse(body);
  } catch {
    throw new AwsFault('SerializationException', 'The request body is not valid JSON.');
  }
};

const encode = (value: unknown): unknown => {
  // Times are seconds since the epoch with a fraction (Smithy, "AWS JSON 1.1 protocol").
  if (value instanceof Date) return value.getTime() / 1000;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map(encode);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, encode(item)]));
};

export const renderJson = (value: unknown): string => JSON.stringify(encode(value ?? {}));

export const renderJsonError = (fault: AwsFault): string =>
  JSON.stringify({ ...fault.fields, __type: fault.code, message: fault.message });
