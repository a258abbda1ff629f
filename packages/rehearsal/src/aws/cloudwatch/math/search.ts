import type { MetricKey } from '../metric-store.ts';
import { MathError } from './tokens.ts';

type Term = (metric: MetricKey) => boolean;

const TOKEN = /\s*(?:([A-Za-z][\w.:-]*)\s*=\s*)?(?:"([^"]*)"|(\(|\))|([^\s()"={}]+))/y;

interface Word {
  readonly property: string | undefined;
  readonly exact: string | undefined;
  readonly sign: string | undefined;
  readonly part: string | undefined;
}

const wordsOf = (text: string): Word[] => {
  const words: Word[] = [];
  const trimmed = text.trimEnd();
  let at = 0;
  while (at < trimmed.length) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(trimmed);
    if (match === null) throw new MathError('Invalid syntax in SEARCH');
    const [, property, exact, sign, part] = match;
    words.push({ property, exact, sign, part });
    at = TOKEN.lastIndex;
  }
  return words;
};

/** "CloudWatch search expression tokenization": words of letters and digits, and the parts of camel case. */
const partsOf = (text: string): string[] =>
  text.split(/[^A-Za-z0-9]+|(?<=[a-z])(?=[A-Z])/).map((part) => part.toLowerCase());

const valuesOf = (metric: MetricKey, property: string | undefined): string[] => {
  if (property === 'MetricName') return [metric.name];
  if (property === 'Namespace') return [metric.namespace];
  if (property !== undefined) return [metric.dimensions.get(property) ?? []].flat();
  return [metric.namespace, metric.name, ...metric.dimensions.keys(), ...metric.dimensions.values()];
};

const single = ({ property, exact, part = '' }: Word): Term => {
  if (exact !== undefined) return (metric) => valuesOf(metric, property).includes(exact);
  const wanted = partsOf(part).filter(Boolean);
  return (metric) => valuesOf(metric, property).some((value) => wanted.every((word) => partsOf(value).includes(word)));
};

class Terms {
  readonly #words: Word[];

  constructor(words: Word[]) {
    this.#words = words;
  }

  any(): Term {
    const terms = [this.#all()];
    while (this.#skip('OR')) terms.push(this.#all());
    return (metric) => terms.some((term) => term(metric));
  }

  get rest(): number {
    return this.#words.length;
  }

  #all(): Term {
    const terms: Term[] = [];
    while (this.rest > 0 && !this.#is('OR') && this.#words[0]?.sign !== ')') {
      if (!this.#skip('AND')) terms.push(this.#term());
    }
    return (metric) => terms.every((term) => term(metric));
  }

  #term(): Term {
    if (this.#skip('NOT')) {
      const term = this.#term();
      return (metric) => !term(metric);
    }
    const word = this.#words.shift();
    if (word === undefined) throw new MathError('Invalid syntax in SEARCH');
    if (word.sign === undefined) return single(word);
    const inner = this.any();
    const names = word.property;
    if (this.#words.shift()?.sign !== ')' || names !== undefined) throw new MathError('Invalid syntax in SEARCH');
    return inner;
  }

  #is(keyword: string): boolean {
    const [word] = this.#words;
    return word?.property === undefined && word?.part === keyword;
  }

  #skip(keyword: string): boolean {
    if (!this.#is(keyword)) return false;
    this.#words.shift();
    return true;
  }
}

/**
 * Returns which metrics a search expression means: `{Namespace,Dimension,…} Property="value" …`. A schema stands for
 * metrics with exactly those dimensions ("CloudWatch search expression syntax").
 */
export const parseSearch = (expression: string): Term => {
  const [, schema, rest = ''] = /^\s*(?:\{([^}]*)\})?(.*)$/s.exec(expression) ?? [];
  const terms = new Terms(wordsOf(rest));
  const matches = terms.any();
  if (terms.rest > 0) throw new MathError('Invalid syntax in SEARCH');
  if (schema === undefined) return matches;
  const [namespace = '', ...dimensions] = schema.split(',').map((part) => part.trim().replace(/^"(.*)"$/, '$1'));
  return (metric) =>
    metric.namespace === namespace &&
    metric.dimensions.size === dimensions.length &&
    dimensions.every((name) => metric.dimensions.has(name)) &&
    matches(metric);
};
