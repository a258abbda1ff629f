import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { ensureSuite } from '../../../packages/rehearsal/src/command/build-suite.ts';

const root = mkdtempSync(join(tmpdir(), 'build-suite-'));

afterAll(() => rmSync(root, { recursive: true, force: true }));

test('a suite that cannot be built says why, without the minified code that the bundler prints around it', async () => {
  mkdirSync(join(root, 'packages/tooling/src/build'), { recursive: true });
  const lines = [
    'Error: actions/x/src/main.ts: no such export',
    `(function(){${'minified;'.repeat(400)}`,
    '    at build',
  ];
  writeFileSync(
    join(root, 'packages/tooling/src/build/main.ts'),
    `process.stderr.write(${JSON.stringify(lines.join('\n'))}); process.exitCode = 1;`,
  );
  const told: string[] = [];
  const said = await ensureSuite(root, () => told.push('building')).catch((error: Error) => error.message);
  expect(told).toEqual(['building']);
  expect(said).toMatch(/cannot be built.*no such export.*Next: npm run build/s);
  expect(said).not.toMatch(/minified/);
});
