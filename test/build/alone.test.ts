import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { alone } from '@hospital-ops/tooling/build/alone';
import { afterEach, beforeEach, expect, test } from '@jest/globals';

let folder = '';
let lock = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'alone-'));
  lock = join(folder, 'below', 'lock');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const module = join(import.meta.dirname, '../../packages/tooling/src/build/alone.ts');

/** A process that writes `begin` and `end` into one file, and waits in between. */
const enter = async (): Promise<string> => {
  const script = `
    import { appendFileSync } from 'node:fs';
    import { setTimeout as pause } from 'node:timers/promises';
    const { alone } = await import(${JSON.stringify(module)});
    const say = (word) => appendFileSync(${JSON.stringify(join(folder, 'marks'))}, word + '\\n');
    await alone(${JSON.stringify(lock)}, (pid) => console.log('waits for a process'), async (waited) => {
      say('begin');
      await pause(150);
      say('end');
      console.log('waited: ' + waited);
    });`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script]);
  return stdout;
};

test('of five processes that come at once one works at a time, and those that waited are told', async () => {
  const said = await Promise.all(Array.from({ length: 5 }, enter));
  expect(readFileSync(join(folder, 'marks'), 'utf8')).toBe('begin\nend\n'.repeat(5));
  // Who came to a free one waited for nobody; all others were told.
  for (const text of said) expect(text).toMatch(/^(?:waited: false|(?:waits for a process\n)+waited: true)\n$/);
  expect(said.join('')).toContain('waited: true');
  expect(existsSync(lock)).toBe(false);
});

test('a lock whose process is no more keeps nobody out, and work that fails lets go', async () => {
  await alone(
    lock,
    () => {},
    async () => undefined,
  );
  const { stdout } = await promisify(execFile)(process.execPath, ['--print', 'process.pid']);
  writeFileSync(lock, stdout.trim());
  await expect(
    alone(
      lock,
      () => {},
      () => Promise.reject(new Error('no such export')),
    ),
  ).rejects.toThrow('no such export');
  expect(existsSync(lock)).toBe(false);
});
