export type Token =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'name'; readonly value: string }
  | { readonly kind: 'sign'; readonly value: string };

/** An expression that cannot be read or worked out; the message is what CloudWatch says after the name of the query. */
export class MathError extends Error {}

const PATTERN =
  /\s*(?:(\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+)|"([^"]*)"|'([^']*)'|([A-Za-z][A-Za-z0-9_]*)|(==|!=|<=|>=|&&|\|\||[-+*/^<>()[\],]))/y;

/** Returns the tokens of a metric math expression; throws MathError at what belongs to none. */
export const tokensOf = (expression: string): Token[] => {
  const tokens: Token[] = [];
  const text = expression.trimEnd();
  let at = 0;
  while (at < text.length) {
    PATTERN.lastIndex = at;
    const match = PATTERN.exec(text);
    if (match === null) throw new MathError('Invalid syntax');
    const [, number, double, single, name, sign] = match;
    if (number !== undefined) tokens.push({ kind: 'number', value: Number(number) });
    else if (name !== undefined) tokens.push({ kind: 'name', value: name });
    else if (sign !== undefined) tokens.push({ kind: 'sign', value: sign });
    else tokens.push({ kind: 'text', value: double ?? single ?? '' });
    at = PATTERN.lastIndex;
  }
  return tokens;
};
