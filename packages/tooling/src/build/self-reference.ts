import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pair, ParsedNode } from 'yaml';
import { isPair, isScalar, parseDocument, visit } from 'yaml';

/** What `$/` stands for where a runner does not know it. */
export interface SelfReference {
  /** `owner/name`. */
  readonly repository: string;
  /** `v1.2.3`. */
  readonly tag: string;
}

/**
 * Younger than GitHub Enterprise Server 3.20 and than other runners, which refuse a whole workflow for a key that they do
 * not know: `concurrency.queue` came to github.com in May 2026, `environment.deployment` in the same year.
 */
const YOUNG_KEYS: Readonly<Record<string, string>> = { queue: 'concurrency', deployment: 'environment' };

interface Change {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

const keyOf = (pair: unknown): unknown => isPair(pair) && isScalar(pair.key) && pair.key.value;

/** The whole lines of a pair that stands in lines of its own. */
const linesOf = (text: string, { key, value }: Pair<ParsedNode, ParsedNode | null>): Change => {
  const start = text.lastIndexOf('\n', key.range[0]) + 1;
  const after = text.indexOf('\n', (value ?? key).range[1]);
  const end = after < 0 ? text.length : after + 1;
  if (text.slice(start, key.range[0]).trim() !== '') {
    throw new Error(`"${text.slice(start, end).trim()}" cannot be taken out: \`${key}\` needs a line of its own.`);
  }
  return { start, end, text: '' };
};

/**
 * Returns a workflow or action file as runners read it that know neither `$/` nor the youngest keys: each `uses: $/path` is
 * `uses: owner/name/path@tag`, and the lines of those keys are gone. Not a byte else is changed. Throws when the text is no
 * YAML.
 */
export const renderSelfReferences = (text: string, { repository, tag }: SelfReference): string => {
  const document = parseDocument(text);
  const [problem] = document.errors;
  if (problem) throw problem;
  const changes: Change[] = [];
  visit(document, {
    Pair: (_, pair, path) => {
      const { key, value } = pair as Pair<ParsedNode, ParsedNode | null>;
      const name = keyOf(pair);
      if (name === 'uses' && isScalar(value) && String(value.value).startsWith('$/')) {
        const [start, end] = value.range;
        changes.push({ start, end, text: `${repository}/${String(value.value).slice(2)}@${tag}` });
      }
      if (typeof name === 'string' && YOUNG_KEYS[name] !== undefined && YOUNG_KEYS[name] === keyOf(path.at(-2))) {
        changes.push(linesOf(text, { key, value } as Pair<ParsedNode, ParsedNode | null>));
      }
    },
  });
  return changes.reduceRight(
    (rest, change) => rest.slice(0, change.start) + change.text + rest.slice(change.end),
    text,
  );
};

const WORKFLOWS = '.github/workflows';

const filesToRender = async (tree: string): Promise<string[]> => {
  const workflows = (await readdir(join(tree, WORKFLOWS))).map((file) => join(WORKFLOWS, file));
  const folders = (await readdir(tree, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  const actions = folders.map(({ name }) => join(name, 'action.yml'));
  return [...workflows.filter((file) => /\.ya?ml$/.test(file)), ...actions];
};

/** Renders all workflows and actions of a release tree in place. */
export const applySelfReference = async (tree: string, reference: SelfReference): Promise<void> => {
  for (const file of await filesToRender(tree)) {
    const text = await readFile(join(tree, file), 'utf8').catch(() => undefined);
    if (text !== undefined) await writeFile(join(tree, file), renderSelfReferences(text, reference));
  }
};
