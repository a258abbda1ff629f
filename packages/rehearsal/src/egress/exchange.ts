import type { IncomingMessage, ServerResponse } from 'node:http';

/** More than any documented request holds; beyond it a stand-in stops reading. */
const MAX_BODY_BYTES = 8 * 1024 * 1024;

/** Returns the body of a request as text. Throws when it is longer than 8 MiB or breaks off. */
export const readBody = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk as Uint8Array);
    size += bytes.length;
    if (size > MAX_BODY_BYTES) throw new Error('the request body is longer than 8 MiB');
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
};

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text is sent as it is, undefined as no body, anything else as JSON. */
  readonly body?: unknown;
}

export const sendReply = (response: ServerResponse, { status, headers = {}, body }: Reply): void => {
  const plain = typeof body === 'string' || body === undefined;
  const content = plain ? (body ?? '') : JSON.stringify(body);
  response.writeHead(status, {
    'content-type': plain ? 'text/plain; charset=utf-8' : 'application/json; charset=utf-8',
    'content-length': String(Buffer.byteLength(content)),
    ...headers,
  });
  response.end(content);
};

/** Returns the value of JSON text, or undefined when it is none. */
export const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
};

export type Fields = Readonly<Record<string, unknown>>;

/** Returns `value` as an object with fields, or undefined for anything else, arrays too. */
export const fieldsOf = (value: unknown): Fields | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
