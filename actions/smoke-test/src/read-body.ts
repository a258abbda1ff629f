import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { MAX_BODY_BYTES } from './http.ts';

/** Nothing compressed is asked for, but some servers send it all the same. */
const DECODERS: Readonly<Record<string, () => ReturnType<typeof createGunzip>>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

const decoded = (answer: IncomingMessage): Readable => {
  const decoder = DECODERS[(answer.headers['content-encoding'] ?? '').trim().toLowerCase()];
  // An error of the answer comes out of the decoder as well.
  return decoder === undefined ? answer : pipeline(answer, decoder(), () => undefined);
};

/** Returns as much of a body as is looked at, decoded; throws when it ends too early. */
export const readBody = async (answer: IncomingMessage): Promise<{ body: string; truncated: boolean }> => {
  const parts: Buffer[] = [];
  let size = 0;
  // Leaving the loop ends the stream.
  for await (const part of decoded(answer) as AsyncIterable<Buffer>) {
    parts.push(part);
    size += part.byteLength;
    if (size > MAX_BODY_BYTES) break;
  }
  const whole = Buffer.concat(parts);
  return { body: whole.subarray(0, MAX_BODY_BYTES).toString('utf8'), truncated: size > MAX_BODY_BYTES };
};
