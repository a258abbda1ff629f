import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { actionNames } from '../build/compile.ts';
import { ROOT } from '../paths.ts';
import { fill, inputsTable, outputsTable, parseManifest } from './tables.ts';

/** `--check` compares and fails instead of writing. */
const check = process.argv.includes('--check');
const stale: string[] = [];

const update = async (path: string, render: (readme: string) => string): Promise<void> => {
  const file = join(ROOT, path);
  const before = await readFile(file, 'utf8');
  let after: string;
  try {
    after = render(before);
  } catch (error) {
    throw new Error(`${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (after === before) return;
  stale.push(path);
  if (!check) await writeFile(file, after);
};

const read = (path: string) => readFile(join(ROOT, path), 'utf8');

const actionRows: string[] = [];
for (const name of await actionNames(ROOT)) {
  const manifest = parseManifest(await read(`actions/${name}/action.yml`));
  actionRows.push(`| [\`${name}\`](actions/${name}/README.md) | ${manifest.description.trim()} |`);
  await update(`actions/${name}/README.md`, (readme) =>
    fill(fill(readme, 'inputs', inputsTable(manifest)), 'outputs', outputsTable(manifest)),
  );
}

const workflowRows: string[] = [];
for (const file of (await readdir(join(ROOT, '.github/workflows'))).sort()) {
  const text = await read(`.github/workflows/${file}`);
  const workflow = parse(text) as { on: Record<string, unknown> };
  if (!Object.hasOwn(workflow.on, 'workflow_call')) continue;
  const [summary = ''] = text.split('\n');
  workflowRows.push(`| [\`${file}\`](.github/workflows/${file}) | ${summary.replace(/^#\s*/, '')} |`);
}
const caller = ['```yaml', (await read('workflows-templates/deploy-staging.yml')).trim(), '```'].join('\n');
await update('README.md', (readme) =>
  fill(
    fill(
      fill(readme, 'caller', caller),
      'actions',
      ['| action | what it does |', '|---|---|', ...actionRows].join('\n'),
    ),
    'workflows',
    ['| workflow | what it does |', '|---|---|', ...workflowRows].join('\n'),
  ),
);

if (check && stale.length > 0) {
  process.stderr.write(`docs: out of date: ${stale.join(', ')}.\nNext: run \`npm run docs\` and commit the result.\n`);
  process.exitCode = 1;
}
