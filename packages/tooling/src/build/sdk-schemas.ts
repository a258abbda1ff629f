import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const SCHEMAS = 'dist-es/schemas/schemas_0.js';
const IMPORT = /import \{([^}]*)\} from ['"](@aws-sdk\/client-[\w-]+)['"]/g;
const STATEMENT = /^(?=[^\s\])}])/m;
const DECLARED = /^(?:export )?(?:const|var) ([\w$]+) =/;
/** What the client itself takes from its schemas. */
const OWN = 'errorTypeRegistries';

/** Returns the names of the operations that the code below `folder` calls, by client. */
const calledOperations = async (folder: string): Promise<ReadonlyMap<string, readonly string[]>> => {
  const called = new Map<string, string[]>();
  for (const file of await readdir(folder, { recursive: true })) {
    if (!file.endsWith('.js')) continue;
    for (const [, names = '', client = ''] of (await readFile(join(folder, file), 'utf8')).matchAll(IMPORT)) {
      const operations = [...names.matchAll(/(\w+)Command\b/g)].map(([, operation = '']) => operation);
      called.set(client, [...(called.get(client) ?? []), ...operations]);
    }
  }
  return called;
};

/** Returns the source of a client's schemas with those of `operations`, what they refer to, and all errors. */
export const pruneSchemas = (source: string, operations: readonly string[]): string => {
  const statements = source.split(STATEMENT).map((text) => ({ text, name: DECLARED.exec(text)?.[1] }));
  const declared = new Map(statements.flatMap(({ text, name }) => (name === undefined ? [] : [[name, text] as const])));
  const wanted = [OWN, ...operations.map((operation) => `${operation}$`)];
  const unknown = wanted.find((name) => !declared.has(name));
  if (unknown !== undefined) throw new Error(`the SDK's schemas declare no ${unknown}: ${import.meta.filename}`);
  const kept = new Set<string>();
  const keep = (text: string): void => {
    for (const [name] of text.matchAll(/[\w$]+/g)) {
      const its = declared.get(name);
      if (its === undefined || kept.has(name)) continue;
      kept.add(name);
      keep(its);
    }
  };
  keep(wanted.join(' '));
  for (const { text, name } of statements) if (name === undefined) keep(text);
  return statements.flatMap(({ text, name }) => (name === undefined || kept.has(name) ? [text] : [])).join('');
};

/**
 * Leaves in the copies of the AWS SDK's clients below `modules` the schemas of the operations alone that the code in `code`
 * calls: they are constants of one module each, of which ncc keeps all (docs/adr/0009).
 */
export const pruneSdkSchemas = async (modules: string, code: string): Promise<void> => {
  for (const [client, operations] of await calledOperations(code)) {
    const file = join(modules, client, SCHEMAS);
    await writeFile(file, pruneSchemas(await readFile(file, 'utf8'), operations));
  }
};
