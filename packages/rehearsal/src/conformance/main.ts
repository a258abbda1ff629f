import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createStandIns } from '../runner/stand-ins/table.ts';
import { renderConformance } from './render.ts';

const NAME = 'docs/rehearsal-conformance.md';
const file = join(import.meta.dirname, '..', '..', '..', '..', NAME);
const wanted = renderConformance(createStandIns());

const current = (): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
};

if (!process.argv.includes('--check')) writeFileSync(file, wanted);
else if (current() !== wanted) {
  process.stderr.write(`docs: out of date: ${NAME}.\nNext: run \`npm run docs\` and commit the result.\n`);
  process.exitCode = 1;
}
