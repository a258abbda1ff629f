import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';

const temp = mkdtempSync(join(tmpdir(), 'run-action-'));
afterAll(() => rmSync(temp, { recursive: true, force: true }));

/** Runs an action whose `run` has this body, as a process of its own. */
const perform = (body: string) => {
  const [output, summary] = ['output', 'summary'].map((name) => join(temp, name)) as [string, string];
  for (const file of [output, summary]) writeFileSync(file, '');
  const program = `import { runAction } from '@hospital-ops/action-kit/run-action';
    await runAction({ name: 'any', outputs: ['outcome', 'reason'], parse: () => ({}), connect: () => ({}),
      failedOutputs: ({ what }) => ({ outcome: 'unknown', reason: what }), run: async () => { ${body} } });`;
  const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
    env: { GITHUB_OUTPUT: output, GITHUB_STEP_SUMMARY: summary },
    encoding: 'utf8',
    timeout: 30_000,
  });
  return { status, stdout, output: readFileSync(output, 'utf8'), summary: readFileSync(summary, 'utf8') };
};

test.each([
  ['waits for what can never come', 'await new Promise(() => {})', /stopped in its middle/],
  [
    'is thrown out by what it does not wait for',
    "setTimeout(() => { throw new Error('gone') }); await new Promise(() => {})",
    /gone/,
  ],
  [
    'leaves a rejection to nobody',
    "Promise.reject(new Error('gone')); await new Promise((done) => setTimeout(done, 5_000))",
    /gone/,
  ],
])('an action that %s fails with its outputs and summary set', (_, body, why) => {
  const ran = perform(body);
  expect(ran.status).toBe(1);
  expect(ran.output).toMatch(/outcome<<\S+\nunknown\n/);
  expect(ran.output).toMatch(why);
  expect(ran.summary).toMatch(why);
  expect(ran.stdout).toMatch(/^::error::any: /m);
});
