import { AwsFault } from '../service.ts';

/** API_Dimension. */
export interface DimensionInput {
  readonly Name: string;
  readonly Value?: string;
}

export const dimensionsOf = (dimensions: readonly DimensionInput[] = []): Map<string, string> =>
  new Map(dimensions.map(({ Name, Value = '' }) => [Name, Value]));

export const dimensionList = (dimensions: ReadonlyMap<string, string>): Array<{ Name: string; Value: string }> =>
  [...dimensions].map(([Name, Value]) => ({ Name, Value }));

/** Returns one page of at most `size` items and the token for the next; a token that is none of ours is refused. */
export const pageOf = <T>(all: readonly T[], size: number, token: unknown): { items: readonly T[]; next?: string } => {
  const from = token === undefined ? 0 : Number(token);
  if (!Number.isInteger(from) || from < 0 || from > all.length)
    throw new AwsFault('InvalidNextToken', 'The next token specified is invalid.');
  const items = all.slice(from, from + size);
  return from + size < all.length ? { items, next: String(from + size) } : { items };
};
