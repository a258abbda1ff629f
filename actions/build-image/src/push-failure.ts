/** Lines in which BuildKit and the Docker Engine speak of the registry, not of the build. */
const ABOUT_PUSH =
  /failed to (?:push|copy|do request|authorize|fetch)|error pushing|unexpected status from (?:PUT|POST|PATCH|HEAD|GET) request|received unexpected HTTP status|^error (?:parsing HTTP|response from daemon)/i;

const FINAL = /\b(?:400|401|403|404)\b|bad request|unauthorized|forbidden|denied|tag invalid|name unknown|not found/i;

const TRANSIENT =
  /\b(?:429|500|502|503|504)\b|too many requests|toomanyrequests|internal server error|bad gateway|service unavailable|gateway time-?out|connection reset|connection refused|broken pipe|\bEOF\b|i\/o timeout|TLS handshake timeout|deadline exceeded|use of closed network connection|no such host/i;

const IMMUTABLE = /tag invalid|immutable|already exists in the '[^']*' repository/i;

/** The registry takes the login no more, or never took it. What the registry of a base image says is not meant. */
export const LOGIN_REFUSED =
  /failed to push .*(?:\b401\b|unauthorized|token has expired|no basic auth credentials)|^unauthorized: |^no basic auth credentials|^denied: .*token has expired/i;

/**
 * `transient`: the registry may accept the same push in a moment. `immutable`: the tag is taken and may not move.
 * `final`: everything else, the build's own failures among it.
 */
export type PushFailure = 'transient' | 'immutable' | 'final';

/** Returns what the last lines of a failed build or push mean. */
export const decidePushFailure = (tail: readonly string[]): PushFailure => {
  const about = tail.filter((line) => ABOUT_PUSH.test(line));
  if (about.some((line) => IMMUTABLE.test(line))) return 'immutable';
  if (about.length === 0 || about.some((line) => FINAL.test(line))) return 'final';
  return about.some((line) => TRANSIENT.test(line)) ? 'transient' : 'final';
};
