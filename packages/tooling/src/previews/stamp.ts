import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

const KEYWORD = 'payload-sha256';
/** Length and type before the data of a chunk, checksum behind it (PNG specification, 5.3). */
const CHUNK = 12;
/** Signature and header chunk, which comes first. */
const AFTER_HEADER = 8 + CHUNK + 13;

const digest = (payload: string): string => createHash('sha256').update(payload).digest('hex');

/** Returns the picture with a text chunk that says which payload it shows. */
export const stamped = (png: Buffer, payload: string): Buffer => {
  const body = Buffer.from(`tEXt${KEYWORD}\0${digest(payload)}`, 'latin1');
  const chunk = Buffer.alloc(body.length + 8);
  chunk.writeUInt32BE(body.length - 4, 0);
  body.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(body), body.length + 4);
  return Buffer.concat([png.subarray(0, AFTER_HEADER), chunk, png.subarray(AFTER_HEADER)]);
};

/** Returns true for a picture that was made of `payload`. */
export const shows = (png: Buffer, payload: string): boolean =>
  png.includes(Buffer.from(`tEXt${KEYWORD}\0${digest(payload)}`, 'latin1'));
