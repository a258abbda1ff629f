/** Go's words, which Docker prints, for Node's codes. */
const words: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connect: connection refused',
  ECONNRESET: 'read: connection reset by peer',
  ENOTFOUND: 'no such host',
  EPIPE: 'write: broken pipe',
  UND_ERR_SOCKET: 'EOF',
};

/** Returns why `fetch` had no answer, as Docker says it. */
export const networkFailure = (error: unknown): string => {
  const cause: unknown = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return words[code] ?? (cause instanceof Error ? cause.message : String(cause));
};
