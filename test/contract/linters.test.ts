import { spawnSync } from 'node:child_process';
import { expect } from '@jest/globals';
import { testWithProgram } from '../support/engines.ts';
import { all, ROOT } from './workflow-files.ts';

const paths = all.map(({ path }) => path);

/** Runs a linter from the root of the repository; what it found is what it printed. */
const lint = (program: string, ...args: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(program, [...args, ...paths], { cwd: ROOT, encoding: 'utf8' });
  return { status, found: status === 0 ? '' : `${stdout}${stderr}` };
};

testWithProgram('actionlint', 'actionlint finds nothing in any workflow or template', () => {
  expect(lint('actionlint', '-shellcheck=', '-pyflakes=')).toEqual({ status: 0, found: '' });
});

testWithProgram('zizmor', 'zizmor finds nothing in any workflow or template, in its pedantic persona', () => {
  const options = ['--offline', '--no-progress', '--persona', 'pedantic', '--config', '.github/zizmor.yml'];
  expect(lint('zizmor', ...options)).toEqual({ status: 0, found: '' });
});
