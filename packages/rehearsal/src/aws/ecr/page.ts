import { parseInteger } from '@hospital-ops/action-kit/numbers';
import { ecrFaults } from './faults.ts';

/** Returns one page of `all`, and the token of the next one while there is more. */
export const page = <T>(
  all: readonly T[],
  { nextToken, maxResults }: { readonly nextToken?: string; readonly maxResults?: number },
  standard: number,
): { items: readonly T[]; nextToken: string | undefined } => {
  const from = nextToken === undefined ? 0 : parseInteger(Buffer.from(nextToken, 'base64url').toString('utf8'));
  if (from === undefined) throw ecrFaults.invalid("Invalid parameter at 'nextToken' failed to satisfy constraint");
  const to = from + (maxResults ?? standard);
  return {
    items: all.slice(from, to),
    nextToken: to < all.length ? Buffer.from(String(to)).toString('base64url') : undefined,
  };
};
