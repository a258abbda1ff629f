import type { JsonObject } from './ports.ts';

/** The parts of a middleware stack that are used here; every SDK command has one. */
interface Stack {
  add(
    middleware: (next: (args: never) => Promise<unknown>) => (args: never) => Promise<unknown>,
    options: object,
  ): void;
}

interface Exchange {
  request?: { body?: unknown };
}

interface Answer {
  response?: { body?: unknown };
}

const read = async (body: unknown): Promise<Uint8Array> => {
  if (body instanceof Uint8Array) return body;
  if (typeof body === 'string') return Buffer.from(body);
  const chunks: Uint8Array[] = [];
  for await (const chunk of body as AsyncIterable<Uint8Array>) chunks.push(chunk);
  return Buffer.concat(chunks);
};

/**
 * Makes a command send `body` as it is. The SDK's serializer drops members that its model does not know, at every level:
 * a newer field of a task definition would vanish without a word. The request is signed after this step.
 */
export const sendRaw = (command: { middlewareStack: unknown }, body: JsonObject): void => {
  (command.middlewareStack as Stack).add(
    (next) => (args) => {
      const { request } = args as Exchange;
      if (request !== undefined) request.body = JSON.stringify(body);
      return next(args);
    },
    // Before the content length is counted, which the same step does at normal priority.
    { step: 'build', priority: 'high', name: 'sendRawBody' },
  );
};

/** Makes a command keep its answer's body as it came; returns a function that gives the parsed body after the call. */
export const keepRaw = (command: { middlewareStack: unknown }): (() => unknown) => {
  let bytes: Uint8Array = new Uint8Array();
  (command.middlewareStack as Stack).add(
    (next) => async (args) => {
      const result = (await next(args)) as Answer;
      if (result.response !== undefined) {
        bytes = await read(result.response.body);
        result.response.body = bytes;
      }
      return result;
    },
    // Nearest to the wire: the SDK's own deserializer then reads the same bytes.
    { step: 'deserialize', priority: 'low', name: 'keepRawBody' },
  );
  return () => (bytes.length === 0 ? undefined : JSON.parse(Buffer.from(bytes).toString('utf8')));
};
