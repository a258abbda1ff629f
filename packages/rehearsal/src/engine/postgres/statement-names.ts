import type { Frame } from './frames.ts';
import { message } from './frames.ts';

/** The parts of a message that begins with zero-terminated names. */
const cut = (body: Buffer, from: number): [string, number] => {
  const end = body.indexOf(0, from);
  return end === -1 ? [body.toString('utf8', from), body.length] : [body.toString('utf8', from, end), end + 1];
};

export interface Renamed {
  readonly bytes: Buffer;
  /** The name under which a statement is now kept. */
  readonly prepared?: string;
}

/**
 * Returns the message with the name of its prepared statement put under `prefix`: all clients share one session, and in it
 * one space of names. The unnamed statement stays unnamed.
 */
export const ownStatementName = ({ type, bytes }: Frame, prefix: string): Renamed => {
  const body = bytes.subarray(5);
  if (type === 'P') {
    const [name, rest] = cut(body, 0);
    if (!name) return { bytes };
    const prepared = prefix + name;
    return { bytes: message('P', Buffer.concat([Buffer.from(`${prepared}\0`), body.subarray(rest)])), prepared };
  }
  if (type === 'B') {
    const [portal, next] = cut(body, 0);
    const [name, rest] = cut(body, next);
    if (!name) return { bytes };
    return { bytes: message('B', Buffer.concat([Buffer.from(`${portal}\0${prefix}${name}\0`), body.subarray(rest)])) };
  }
  if ((type === 'D' || type === 'C') && body[0] === 'S'.charCodeAt(0)) {
    const [name] = cut(body, 1);
    return name ? { bytes: message(type, `S${prefix}${name}\0`) } : { bytes };
  }
  return { bytes };
};
