/** One message of a client; `type` is empty for the first, which opens the connection. `bytes` is all of it, as it was sent. */
export interface Frame {
  readonly type: string;
  readonly bytes: Buffer;
}

/** PostgreSQL's own limit (PQ_LARGE_MESSAGE_LIMIT of libpq-be) is 1 GiB; an image's migration has no need of a tenth. */
const largest = 100 * 1024 * 1024;

/**
 * Returns a function that takes what arrives and gives back the messages that are complete. Throws a RangeError at a length
 * that no message has.
 */
export const createFrameReader = (): ((chunk: Buffer) => Frame[]) => {
  let chunks: Buffer[] = [];
  let opened = false;
  return (chunk) => {
    chunks.push(chunk);
    let rest = Buffer.concat(chunks);
    const frames: Frame[] = [];
    for (;;) {
      const head = opened ? 1 : 0;
      if (rest.length < head + 4) break;
      const length = rest.readInt32BE(head);
      if (length < 4 || length > largest) throw new RangeError(`a message of ${length} bytes`);
      if (rest.length < head + length) break;
      const bytes = rest.subarray(0, head + length);
      rest = rest.subarray(head + length);
      frames.push({ type: opened ? String.fromCharCode(bytes.readUInt8(0)) : '', bytes });
      if (!opened) opened = !isRequest(bytes);
    }
    chunks = [rest];
    return frames;
  };
};

/** SSLRequest, GSSENCRequest and CancelRequest have the version 1234; a startup message may follow the first two. */
export const requests = { cancel: 80877102, ssl: 80877103, gss: 80877104 } as const;

const isRequest = (bytes: Buffer): boolean => bytes.length >= 8 && bytes.readUInt16BE(4) === 1234;

/** Returns the parameters of a startup message: `user`, `database`, and settings of the session. */
export const startupParameters = (bytes: Buffer): Map<string, string> => {
  const words = bytes.subarray(8).toString('utf8').split('\0');
  const parameters = new Map<string, string>();
  for (let index = 0; index + 1 < words.length && words[index]; index += 2) {
    parameters.set(words[index] ?? '', words[index + 1] ?? '');
  }
  return parameters;
};

/** Returns a message of the protocol; an empty `type` makes the startup message. */
export const message = (type: string, body: Buffer | string = ''): Buffer => {
  const payload = typeof body === 'string' ? Buffer.from(body) : body;
  const head = Buffer.alloc(type.length + 4);
  head.write(type, 'latin1');
  head.writeInt32BE(payload.length + 4, type.length);
  return Buffer.concat([head, payload]);
};

export const startup = (): Buffer =>
  message('', Buffer.concat([Buffer.from([0, 3, 0, 0]), Buffer.from('user\0postgres\0database\0postgres\0\0')]));

export const query = (sql: string): Buffer => message('Q', `${sql}\0`);

export const sync = (): Buffer => message('S');

export const readyForQuery = (): Buffer => message('Z', 'I');

export const closeStatement = (name: string): Buffer => message('C', `S${name}\0`);

/** `code` is one of PostgreSQL's error codes (appendix A of its manual). */
export const errorResponse = (severity: 'ERROR' | 'FATAL', code: string, text: string): Buffer =>
  message('E', `S${severity}\0V${severity}\0C${code}\0M${text}\0\0`);

export interface Answer {
  readonly bytes: Buffer;
  /** Whether the session was idle (I), in a transaction (T) or in a failed one (E), when it said that it is ready. */
  readonly status?: 'I' | 'T' | 'E';
  readonly error?: string;
  /** The first column of each row, as text. */
  readonly values: readonly string[];
}

const errorText = (body: Buffer): string => {
  const fields = body.toString('utf8').split('\0');
  return fields.find((field) => field.startsWith('M'))?.slice(1) ?? 'the database gave no reason';
};

/** Reads what the server answered, as far as the keeper of the session must know it. */
export const readAnswer = (bytes: Buffer): Answer => {
  let status: Answer['status'];
  let error: string | undefined;
  const values: string[] = [];
  for (let offset = 0; offset + 5 <= bytes.length; ) {
    const length = bytes.readInt32BE(offset + 1);
    const body = bytes.subarray(offset + 5, offset + 1 + length);
    const type = String.fromCharCode(bytes.readUInt8(offset));
    if (type === 'Z') status = body.toString('latin1') as 'I' | 'T' | 'E';
    if (type === 'E') error ??= errorText(body);
    if (type === 'D' && body.length >= 6) values.push(body.subarray(6, 6 + body.readInt32BE(2)).toString('utf8'));
    offset += 1 + length;
  }
  return { bytes, values, ...(status && { status }), ...(error !== undefined && { error }) };
};
