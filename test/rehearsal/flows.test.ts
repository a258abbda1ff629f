import { findPostgres } from '@hospital-ops/rehearsal/runner/services/programs';
import { expect } from '@jest/globals';
import { testWith } from '../support/engines.ts';
import { rehearse } from '../support/rehearse.ts';
import { lastLine, serving } from '../support/rehearsed.ts';
import { testInCi } from '../support/thorough.ts';

// The sample's tests ask for PostgreSQL; without its programs a rehearsal refuses that by name.
testWith('PostgreSQL', findPostgres())(
  'a pull request is checked, with a database, migrations and coverage, and its images are built',
  async () => {
    const run = await rehearse('ci');
    expect(lastLine(run)).toMatch(/^✓ ci succeeded/);
    expect(run.output).toMatch(/✓ Migrate.*✓ Test.*✓ Check coverage/s);
    expect(run.leftovers).toEqual([]);
  },
);

testWith('PostgreSQL', findPostgres())('the required check says what of it is not good', async () => {
  const run = await rehearse('ci', '--fault', 'Lint:fails', '--fault', 'Image (api)/Scan:fails');
  expect([run.exitCode, lastLine(run)]).toEqual([1, '✗ ci failed; nothing is deployed.']);
  expect(run.output).toMatch(/Not good: checks, images\..*\| checks \| ❌ failure \|\n.*lint \| ❌ failure/s);
  expect(run.output).toMatch(/✓ Test/);
});

testInCi('a roll-back brings the version before on every service, and is recorded as one', async () => {
  const run = await rehearse('rollback', '--input', 'environment=production');
  expect(lastLine(run)).toMatch(/^✓ rollback succeeded \(deployed\)/);
  const versions = new Set(serving(run).map((line) => line.split(' ')[1]));
  expect(versions.size).toBe(1);
  expect(run.output).toMatch(/Deployment record\n {2}production {2}\w+ over \w+ {2}success \(deployed\)/);
  const to = lastLine(run).match(/ on (\w+)\./)?.[1];
  expect(run.output).toContain(`A roll-back to ${to} that was asked for.`);
  expect(run.output).toMatch(new RegExp(`Commit: ${to} \\(`));
  expect(run.output).toMatch(/Back from \w+, without 1 change that it had/);
  expect(run.leftovers).toEqual([]);
});
