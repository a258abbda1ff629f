const FULL_SHA = /^([0-9a-f]{40}|[0-9a-f]{64})$/i;
const SHORT_SHA = /^[0-9a-f]{7,64}$/i;

const isPrefixOfSha = (short: string, full: string): boolean =>
  FULL_SHA.test(full) && SHORT_SHA.test(short) && full.toLowerCase().startsWith(short.toLowerCase());

/** Returns whether `got` is the version that was `expected`: the same text, or the same commit where one is shortened. */
export const sameVersion = (expected: string, got: string): boolean =>
  got === expected || isPrefixOfSha(expected, got) || isPrefixOfSha(got, expected);
