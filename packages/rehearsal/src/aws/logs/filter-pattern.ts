import { AwsFault } from '../service.ts';

/**
 * Whether a message has every term of an unstructured filter pattern: words, "quoted phrases", `?any` and `-none`
 * ("Filter pattern syntax for metric filters"). JSON and column patterns are refused.
 */
export const filterMatches = (pattern: string, message: string): boolean => {
  if (/^\s*[{[]/.test(pattern))
    throw new AwsFault(
      'NotImplementedByRehearsal',
      'The local AWS has unstructured filter patterns only: words, "phrases", ?any and -none.',
    );
  const terms = [...pattern.matchAll(/([?-]?)(?:"((?:[^"\\]|\\.)*)"|(\S+))/g)].map(
    ([, sign = '', phrase, word = '']) => ({ sign, text: phrase ?? word }),
  );
  const any = terms.filter(({ sign }) => sign === '?');
  return (
    terms.filter(({ sign }) => sign === '').every(({ text }) => message.includes(text)) &&
    terms.filter(({ sign }) => sign === '-').every(({ text }) => !message.includes(text)) &&
    (any.length === 0 || any.some(({ text }) => message.includes(text)))
  );
};
