import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadPipeline } from '@hospital-ops/pipeline/load';
import { officialParser } from '@hospital-ops/rehearsal/runner/official-parser';
import { describe, expect, test } from '@jest/globals';
import { parse, parseAllDocuments } from 'yaml';
import { pages, ROOT } from './markdown.ts';

interface Uses {
  readonly uses?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly secrets?: Readonly<Record<string, unknown>>;
}

interface Declared {
  readonly inputs?: Readonly<Record<string, { readonly required?: boolean }>>;
  readonly secrets?: Readonly<Record<string, { readonly required?: boolean }>>;
}

/** Everything in a piece of YAML that has a `uses:`: steps, and jobs that call a workflow. */
const usesIn = (value: unknown): Uses[] => {
  if (typeof value !== 'object' || value === null) return [];
  const own = 'uses' in value ? [value as Uses] : [];
  return [...own, ...Object.values(value).flatMap(usesIn)];
};

const PREFIX = /^(?:ORG\/hospital-ops-actions|\$)\//;

/** What an action or workflow of the suite declares; undefined for others'. Throws for one that does not exist. */
const declaredBy = (uses: string): Declared | undefined => {
  if (!PREFIX.test(uses)) return undefined;
  const path = uses.replace(PREFIX, '').replace(/@v\d+(\.\d+)*$/, '');
  const file = path.startsWith('.github/') ? path : `actions/${path}/action.yml`;
  if (!existsSync(join(ROOT, file))) throw new Error(`there is no ${path} in the suite`);
  const content = parse(readFileSync(join(ROOT, file), 'utf8')) as Declared & { on?: { workflow_call?: Declared } };
  return content.on?.workflow_call ?? content;
};

const problemsOf = ({ uses = '', with: given = {}, secrets = {} }: Uses): string[] => {
  const declared = declaredBy(uses);
  if (declared === undefined) return [];
  const undeclared = (names: object, known: object = {}) =>
    Object.keys(names).filter((name) => !Object.hasOwn(known, name));
  return [
    ...undeclared(given, declared.inputs).map((name) => `${uses} has no input ${name}`),
    ...undeclared(secrets, declared.secrets).map((name) => `${uses} has no secret ${name}`),
  ];
};

/** Readers fill in what `…` stands for; a flow list that ends in it is a list all the same. */
const readable = (text: string): string => text.replace(/, …(?=[\s\]}])/g, '');

const snippets = pages.flatMap(({ path, snippets: own }) =>
  own.map((snippet) => [`${path}:${snippet.line}`, snippet] as const),
);

describe.each(snippets.filter(([, { language }]) => language === 'yaml'))('%s', (name, { text }) => {
  const [document, ...more] = parseAllDocuments(readable(text));
  const value = document?.toJS() as unknown;

  test('is YAML, and gives the suite nothing that it does not know', () => {
    expect(more).toEqual([]);
    expect(document?.errors.map(({ message }) => message)).toEqual([]);
    expect(usesIn(value).flatMap(problemsOf)).toEqual([]);
  });

  const keys = typeof value === 'object' && value !== null ? Object.keys(value) : [];
  if (keys.includes('jobs')) {
    test("is a workflow for GitHub's own parser", async () => {
      const { context } = await (await officialParser()).parseWorkflow(name, text);
      expect(context.errors.getErrors().map(({ message }) => message)).toEqual([]);
    });
  }
  if (keys.includes('project')) {
    test('is a pipeline file', () => expect(() => loadPipeline(text)).not.toThrow());
  }
});

describe.each(snippets.filter(([, { language }]) => language === 'json'))('%s', (_, { text }) => {
  test('is JSON', () => expect(() => JSON.parse(text) as unknown).not.toThrow());
});

test('what the suite does not have is found out', () => {
  const uses = (name: string) => ({ uses: `ORG/hospital-ops-actions/${name}@v1`, with: { serivce: 'x' } });
  expect(problemsOf(uses('ecs-deploy'))).toEqual(['ORG/hospital-ops-actions/ecs-deploy@v1 has no input serivce']);
  expect(() => problemsOf(uses('ecs-destroy'))).toThrow('there is no ecs-destroy in the suite');
  expect(usesIn([{ steps: [uses('a')] }, { jobs: { b: uses('b') } }])).toHaveLength(2);
  expect(problemsOf({ uses: 'actions/checkout@v7', with: { x: 1 } })).toEqual([]);
});

test('there are snippets of every kind', () => {
  const texts = snippets.map(([, { text }]) => text);
  for (const mark of [/^project:/m, /^jobs:/m, /^- uses: ORG/m])
    expect(texts.some((text) => mark.test(text))).toBe(true);
});
