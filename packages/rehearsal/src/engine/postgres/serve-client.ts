import type { Socket } from 'node:net';
import type { Frame } from './frames.ts';
import {
  closeStatement,
  createFrameReader,
  errorResponse,
  message,
  query,
  requests,
  startupParameters,
  sync,
} from './frames.ts';
import type { Session } from './session.ts';
import type { Holder, SharedSession } from './shared-session.ts';
import { ownStatementName } from './statement-names.ts';

/** The messages that PGlite answers; at others, and at COPY FROM STDIN, it ends its process. */
const answered = new Set(['Q', 'P', 'B', 'D', 'E', 'C', 'S', 'H']);
/** CopyData, CopyDone and CopyFail; PostgreSQL ignores them after a COPY that failed. */
const copyMessages = new Set(['d', 'c', 'f']);
const copyFromClient = /\bcopy\b[^;]*\bfrom\s+stdin\b/is;
const mayChangeSettings = /\b(?:set|reset|discard|set_config)\b/i;
const notSettings = new Set(['user', 'database', 'replication', 'options']);

const refuseCopy = `do $$ begin raise exception using errcode = '0A000',
  message = 'the embedded database takes no COPY FROM STDIN: insert the rows, or rehearse with a PostgreSQL server'; end $$`;

const withoutCopy = ({ type, bytes }: Frame): Buffer => {
  if ((type !== 'Q' && type !== 'P') || !copyFromClient.test(bytes.toString('utf8', 5))) return bytes;
  if (type === 'Q') return query(refuseCopy);
  const name = bytes.toString('utf8', 5, bytes.indexOf(0, 5));
  return message('P', `${name}\0${refuseCopy}\0\0\0`);
};

export interface Client {
  readonly socket: Socket;
  /** No other client's. */
  readonly id: number;
  readonly session: Session;
  readonly shared: SharedSession;
  /** How long it may keep the session without saying anything. */
  readonly idleInTransactionMs: number;
}

/**
 * Serves a client until it goes, and leaves the session as if it had never been there: what it began is rolled back. The
 * session is the client's from its first message until the server is ready and in no transaction; others wait so long.
 * Unnamed prepared statements and portals do not outlive that turn, which no driver relies on.
 */
export const serveClient = async ({ socket, id, session, shared, idleInTransactionMs }: Client): Promise<void> => {
  const holder: Holder = { settings: new Map(), changed: false };
  const statements = new Set<string>();
  let turn: { readonly end: () => void } | undefined;
  let status: 'I' | 'T' | 'E' = 'I';
  let betweenParseAndSync = false;

  const run = async (bytes: Buffer): Promise<Buffer> => {
    const answer = await session.run(bytes);
    if (answer.status !== undefined) {
      status = answer.status;
      betweenParseAndSync = false;
    }
    return answer.bytes;
  };
  const endTurn = (): void => {
    turn?.end();
    turn = undefined;
  };
  const fail = (code: string, text: string): false => {
    socket.end(errorResponse('FATAL', code, text));
    return false;
  };

  /** Returns false when the connection is to be closed. */
  const open = (bytes: Buffer): boolean => {
    const version = bytes.readInt32BE(4);
    if (version === requests.ssl || version === requests.gss) return socket.write('N') || true;
    if (version === requests.cancel) return false;
    if (version >> 16 !== 3) return fail('0A000', 'the embedded database speaks version 3 of the protocol');
    holder.settings = new Map([...startupParameters(bytes)].filter(([name]) => !notSettings.has(name)));
    socket.write(session.greeting);
    return true;
  };

  const answer = async (frame: Frame): Promise<boolean> => {
    const { type } = frame;
    if (type === '') return open(frame.bytes);
    if (type === 'X') return false;
    if (copyMessages.has(type)) return true;
    if (!answered.has(type)) return fail('08P01', `the embedded database knows no message "${type}"`);
    if (!turn) {
      const taken = await shared.take(holder);
      turn = taken;
      if (taken.refusal) return fail('22023', taken.refusal.error ?? 'a setting was refused');
    }
    if (type === 'Q' || type === 'P') holder.changed ||= mayChangeSettings.test(frame.bytes.toString('utf8', 5));
    if (type !== 'Q') betweenParseAndSync = true;
    const own = ownStatementName({ type, bytes: withoutCopy(frame) }, `client ${id}: `);
    if (own.prepared !== undefined) statements.add(own.prepared);
    socket.write(await run(own.bytes));
    if (status === 'I' && !betweenParseAndSync) endTurn();
    return true;
  };

  const leave = async (): Promise<void> => {
    if (!turn && statements.size === 0) return;
    turn ??= await shared.take(holder);
    if (betweenParseAndSync) await run(sync());
    if (status !== 'I') await run(query('rollback'));
    for (const name of statements) await run(closeStatement(name));
    if (statements.size > 0) await run(sync());
    endTurn();
  };

  const read = createFrameReader();
  let idle: NodeJS.Timeout | undefined;
  // Reading it throws the same error; without a listener the process would end with the connection.
  socket.on('error', () => {});
  try {
    for await (const chunk of socket) {
      clearTimeout(idle);
      for (const frame of read(chunk)) if (!(await answer(frame))) return;
      if (turn) {
        idle = setTimeout(() => {
          fail('25P03', `this client kept the database's one session in a transaction for ${idleInTransactionMs} ms`);
          socket.destroySoon();
        }, idleInTransactionMs);
      }
    }
  } catch (error) {
    if (error instanceof RangeError) fail('08P01', error.message);
  } finally {
    clearTimeout(idle);
    await leave();
    socket.destroySoon();
  }
};
