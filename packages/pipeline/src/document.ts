import { yamlWords } from '@hospital-ops/action-kit/yaml-words';
import type { Document, Node, Pair, YAMLMap, YAMLParseError } from 'yaml';
import { isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';
import type { Finding, Path, Problem } from './problem.ts';

/** Text of YAML with the lines of all that stands in it. */
export interface PositionedDocument {
  readonly value: unknown;
  /** Mistakes of the YAML itself; `value` means nothing when there are any. */
  readonly problems: readonly Problem[];
  /** The line, from 1, of the value (or key) at `path`, or of the nearest thing around it that has one. */
  lineOf(finding: Pick<Finding, 'path' | 'onKey'>): number;
  /** The scalar at `path` as it is written: as a number, `1.10` would be `1.1`. Undefined where there is none. */
  written(path: Path): string | undefined;
}

/** Aliases may be followed this often: a file of a few lines could otherwise unfold to gigabytes. */
const MAX_ALIASES = 100;

/** What follows a mistake of form is mostly its consequence; a key that stands twice is a mistake of its own. */
const telling = (errors: readonly YAMLParseError[]): readonly YAMLParseError[] => {
  const form = errors.filter(({ code }) => code !== 'DUPLICATE_KEY');
  const [first] = form.sort((a, b) => a.pos[0] - b.pos[0]);
  return first === undefined ? errors : [first];
};

const pairAt = (map: YAMLMap, key: string | number): Pair | undefined =>
  map.items.find(({ key: node }) => (isScalar(node) ? String(node.value) : String(node)) === String(key));

const offsetAt = (document: Document, path: Path, onKey: boolean): number | undefined => {
  const parent = document.getIn(path.slice(0, -1), true);
  const last = path.at(-1);
  if (path.length > 0 && isMap(parent) && last !== undefined) {
    const pair = pairAt(parent, last);
    // A value may begin on a later line than its key; a reader looks for the key.
    const node = onKey || !isScalar(pair?.value) ? pair?.key : pair?.value;
    if (isNode(node) && node.range) return node.range[0];
  }
  const node = (path.length === 0 ? document.contents : document.getIn(path, true)) as Node | null | undefined;
  return isNode(node) ? node.range?.[0] : undefined;
};

/** Returns `text` parsed as YAML 1.2 with merge keys. Never throws for what the text holds. */
export const parsePositioned = (text: string): PositionedDocument => {
  const lines = new LineCounter();
  const document = parseDocument(text.replace(/^\ufeff/, ''), {
    lineCounter: lines,
    prettyErrors: false,
    merge: true,
  });
  const problems = telling(document.errors).map((error) => ({
    line: lines.linePos(error.pos[0]).line,
    message: `is not valid YAML: ${yamlWords(error)}`,
  }));
  let value: unknown;
  if (problems.length === 0) {
    try {
      value = document.toJS({ maxAliasCount: MAX_ALIASES });
    } catch (error) {
      problems.push({ line: 1, message: error instanceof Error ? error.message : String(error) });
    }
  }
  return {
    value,
    problems,
    written: (path) => {
      const node = document.getIn(path, true);
      return isScalar(node) ? node.source : undefined;
    },
    lineOf: ({ path, onKey = false }) => {
      for (let length = path.length; length >= 0; length -= 1) {
        const offset = offsetAt(document, path.slice(0, length), onKey && length === path.length);
        if (offset !== undefined) return lines.linePos(offset).line;
      }
      return 1;
    },
  };
};
