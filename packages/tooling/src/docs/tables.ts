import { parse } from 'yaml';

interface Field {
  readonly description?: string;
  readonly default?: unknown;
  readonly required?: boolean;
}

/** What the documentation needs of an action.yml. */
export interface Manifest {
  readonly name: string;
  readonly description: string;
  readonly inputs: ReadonlyArray<readonly [string, Field]>;
  readonly outputs: ReadonlyArray<readonly [string, Field]>;
}

/** Returns the manifest of an action.yml. Throws when an input or output has no description. */
export const parseManifest = (yaml: string): Manifest => {
  const raw = parse(yaml) as { name: string; description: string } & Record<
    'inputs' | 'outputs',
    Record<string, Field>
  >;
  const manifest = {
    name: raw.name,
    description: raw.description,
    inputs: Object.entries(raw.inputs ?? {}),
    outputs: Object.entries(raw.outputs ?? {}),
  };
  for (const [field, { description }] of [...manifest.inputs, ...manifest.outputs]) {
    if (!description?.trim()) throw new Error(`action "${manifest.name}": \`${field}\` has no description.`);
  }
  return manifest;
};

const cell = (text: string): string =>
  text
    .trim()
    .replace(/\s*\n\s*/g, ' ')
    .replaceAll('|', '\\|');

const defaultOf = ({ default: value, required }: Field): string => {
  if (value !== undefined && value !== '') return `\`${String(value)}\``;
  return required ? 'required' : '';
};

export const inputsTable = ({ inputs }: Manifest): string =>
  [
    '| input | default | meaning |',
    '|---|---|---|',
    ...inputs.map(([name, field]) => `| \`${name}\` | ${cell(defaultOf(field))} | ${cell(field.description ?? '')} |`),
  ].join('\n');

export const outputsTable = ({ outputs }: Manifest): string =>
  [
    '| output | meaning |',
    '|---|---|',
    ...outputs.map(([name, { description }]) => `| \`${name}\` | ${cell(description ?? '')} |`),
  ].join('\n');

/** Returns `readme` with what stands between `<!-- name -->` and `<!-- /name -->` replaced. Throws without the marks. */
export const fill = (readme: string, name: string, content: string): string => {
  const start = `<!-- ${name} -->`;
  const end = `<!-- /${name} -->`;
  const from = readme.indexOf(start);
  const to = readme.indexOf(end);
  if (from < 0 || to < from) throw new Error(`the marks ${start} and ${end} are missing.`);
  return `${readme.slice(0, from + start.length)}\n\n${content}\n\n${readme.slice(to)}`;
};
