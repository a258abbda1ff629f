import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

const ROOT = join(import.meta.dirname, '../..');
const module = join(ROOT, 'packages/tooling/src/build/software-bill.ts');

test('the bill names the packages of the bundles and none of the tools, and leaves nothing in the home folder', () => {
  const home = mkdtempSync(join(tmpdir(), 'home-'));
  const script = `const { softwareBill } = await import(${JSON.stringify(module)});
    process.stdout.write(await softwareBill(${JSON.stringify(ROOT)}));`;
  const env = { PATH: process.env.PATH, HOME: home };
  const bill = execFileSync(process.execPath, ['--input-type=module', '--eval', script], { env, encoding: 'utf8' });
  const names = (JSON.parse(bill) as { components: { name: string }[] }).components.map(({ name }) => name);
  expect(names).toContain('@actions/core');
  expect(names).not.toContain('jest');
  expect(readdirSync(home)).toEqual([]);
  rmSync(home, { recursive: true });
});
