import type { ParseWorkflowResult } from '@actions/workflow-parser';
import type { TemplateToken } from '@actions/workflow-parser/templates/tokens/template-token';
import { officialParser } from './official-parser.ts';
import type { Place } from './workflow-error.ts';
import { unsupported, WorkflowError } from './workflow-error.ts';

export type Scalar = string | number | boolean | null;

export interface Entry {
  readonly key: string;
  readonly place: Place;
  readonly value: Template;
}

/** A node of a parsed workflow or action file, with expressions not yet evaluated. */
export type Template =
  | { readonly kind: 'scalar'; readonly place: Place; readonly value: Scalar; readonly allowed: readonly string[] }
  | {
      readonly kind: 'expression';
      readonly place: Place;
      readonly expression: string;
      readonly allowed: readonly string[];
    }
  | { readonly kind: 'sequence'; readonly place: Place; readonly items: readonly Template[] }
  | { readonly kind: 'mapping'; readonly place: Place; readonly entries: readonly Entry[] };

export type Mapping = Extract<Template, { kind: 'mapping' }>;

/** TokenType of @actions/workflow-parser (templates/tokens/types.d.ts). */
const TOKEN = { string: 0, sequence: 1, mapping: 2, expression: 3, insert: 4, boolean: 5, number: 6, null: 7 } as const;

interface AnyToken extends TemplateToken {
  readonly value?: Scalar;
  readonly expression?: string;
  [Symbol.iterator]?(): Iterator<unknown>;
}

const read = (file: string, raw: TemplateToken): Template => {
  const token = raw as AnyToken;
  const place = { file, line: token.line ?? 1 };
  const allowed = token.definitionInfo?.allowedContext ?? [];
  switch (token.templateTokenType) {
    case TOKEN.mapping:
      return {
        kind: 'mapping',
        place,
        entries: [...(token as unknown as Iterable<{ key: AnyToken; value: TemplateToken }>)].map(({ key, value }) => {
          const at = { file, line: key.line ?? place.line };
          if (key.templateTokenType !== TOKEN.string) throw unsupported(at, 'an expression as a key');
          return { key: String(key.value), place: at, value: read(file, value) };
        }),
      };
    case TOKEN.sequence:
      return {
        kind: 'sequence',
        place,
        items: [...(token as unknown as Iterable<TemplateToken>)].map((item) => read(file, item)),
      };
    case TOKEN.expression:
      return { kind: 'expression', place, expression: token.expression ?? '', allowed };
    case TOKEN.insert:
      throw unsupported(place, 'an `insert` expression');
    default:
      return { kind: 'scalar', place, value: token.value ?? null, allowed };
  }
};

const checked = (file: string, result: ParseWorkflowResult): Mapping => {
  const [first] = result.context.errors.getErrors();
  if (first !== undefined) {
    const [summary = ''] = first.rawMessage.split('\n');
    const sentence = summary.replace(/ at line \d+, column \d+:?$/, '').replace(/[.:]?$/, '.');
    throw new WorkflowError({ file, line: first.range?.start.line ?? 1 }, sentence);
  }
  const template = result.value && read(file, result.value);
  if (template?.kind !== 'mapping') throw new WorkflowError({ file, line: 1 }, 'The file is empty.');
  return template;
};

/** A run reads the same few files for every step that uses them, and GitHub's parser takes its time. */
const once = (parse: (file: string, content: string) => Promise<Mapping>) => {
  const parsed = new Map<string, Promise<Mapping>>();
  return (file: string, content: string): Promise<Mapping> => {
    const key = JSON.stringify([file, content]);
    const known = parsed.get(key) ?? parse(file, content);
    parsed.set(key, known);
    return known;
  };
};

/** Returns the root of a workflow file. Throws WorkflowError for the first thing that GitHub's parser refuses. */
export const parseWorkflowTemplate = once(async (file, content) =>
  checked(file, await (await officialParser()).parseWorkflow(file, content)),
);

/** Returns the root of an action.yml. Throws WorkflowError for the first thing that GitHub's parser refuses. */
export const parseActionTemplate = once(async (file, content) =>
  checked(file, (await officialParser()).parseAction(file, content)),
);

/** Returns the value of a key of a mapping, undefined without one. */
export const find = (template: Template | undefined, key: string): Template | undefined =>
  template?.kind === 'mapping' ? template.entries.find((entry) => entry.key === key)?.value : undefined;

/** Returns the entries of a mapping, none for anything else. */
export const entriesOf = (template: Template | undefined): readonly Entry[] =>
  template?.kind === 'mapping' ? template.entries : [];

/** Returns the items of a list; anything else is a list of one. */
export const itemsOf = (template: Template | undefined): readonly Template[] =>
  template?.kind === 'sequence' ? template.items : template === undefined ? [] : [template];

/** Returns the text of a scalar without expressions, undefined for anything else. */
export const literal = (template: Template | undefined): string | undefined =>
  template?.kind === 'scalar' && template.value !== null ? String(template.value) : undefined;

/** Returns the texts of a scalar or a list of scalars. */
export const literals = (template: Template | undefined): string[] =>
  itemsOf(template).flatMap((item) => literal(item) ?? []);
