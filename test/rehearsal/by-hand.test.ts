import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { rehearse } from '../support/rehearse.ts';
import { lastLine, serving } from '../support/rehearsed.ts';
import { testInCi } from '../support/thorough.ts';
import { CHANGED, wardIn } from '../support/ward.ts';

const temp = mkdtempSync(join(tmpdir(), 'by-hand-'));

afterAll(() => rmSync(temp, { recursive: true, force: true }));

const started = (uses: string, more: string, ...args: readonly string[]) => {
  const workflow = `on: { workflow_dispatch: { inputs: { ref: { default: main }, version: { default: previous } } } }
permissions: { actions: read, contents: write, deployments: write, id-token: write, pull-requests: write }
jobs:
  deploy:
    uses: ORG/hospital-ops-actions/.github/workflows/${uses}.yml@v1
    with: { environment: production, aws-role: "\${{ vars.ROLE }}", ${more} }
`;
  return rehearse(uses, '--repo', wardIn(temp, { [`.github/workflows/${uses}.yml`]: workflow }, CHANGED), ...args);
};

test('a hotfix that crashes goes back, is not brought back, and its reason stands in the record', async () => {
  const run = await started(
    'hotfix',
    'ref: "${{ inputs.ref }}", reason: "doors stay shut"',
    '--fault',
    'desk:crash-loop',
  );
  expect(lastLine(run)).toMatch(/^✗ hotfix failed \(rolled-back\)/);
  expect(lastLine(run)).not.toContain('Left behind');
  expect(serving(run)).toEqual([
    expect.stringMatching(/^ward-production-desk \w{7} ward-production-desk:1 2\/2 tasks/),
  ]);
  expect(run.report).toMatch(/doors stay shut/);
  expect(run.output).toMatch(/Bring it back skipped/);
  expect(run.leftovers).toEqual([]);
});

testInCi('a roll-back to a version that never was is refused, and touches nothing', async () => {
  const run = await started('rollback', 'version: "${{ inputs.version }}"', '--input', 'version=9.9.9');
  expect(lastLine(run)).toMatch(/^✗ rollback failed/);
  expect(run.output).toMatch(/9\.9\.9/);
  expect(run.report).not.toContain('ecs:UpdateService');
  expect(run.leftovers).toEqual([]);
});
