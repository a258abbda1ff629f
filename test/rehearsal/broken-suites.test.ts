import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import type { Broken } from '../support/broken-suite.ts';
import { breakSuite } from '../support/broken-suite.ts';
import { rehearseSuite } from '../support/rehearse.ts';
import { everyNth } from '../support/thorough.ts';
import { CHANGED, pipeline, WORKFLOW, wardIn } from '../support/ward.ts';

const folder = mkdtempSync(join(tmpdir(), 'broken-suites-'));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A ward that smoke-tests its version, migrates, and lets an alarm watch its deployment. */
const PIPELINE = `${pipeline('desk')
  .replace('{ url: "{url}/" }', '{ url: "{url}/version", expect-version: "{version}" }')
  .replace(
    '    path: desk\n',
    '    path: desk\n    migrations: { task-definition: "ward-migrate", command: [node, /app/migrate.js], timeout: 20s }\n',
  )}    strategy: { desk: { type: blue-green, bake-time: 1m, gate-alarms: [desk-5xx] } }\n`;

const BEFORE = {
  '.github/hospital-ops.yml': PIPELINE,
  '.github/workflows/deploy-production.yml': WORKFLOW.replace(
    'environment: production',
    'environment: production, smoke-deadline: 8s',
  ),
  'desk/migrate.js': 'console.log("nothing to migrate");\n',
};

const WRONG_VERSION = 'version at $.version | "1.1.0" | "1.0.0"';

/** Each is a pipeline as it is written by hand; the rehearsal must not believe it. */
test.each(
  everyNth<[Broken[], string[], string]>(6, [
    [['redeploys the old image'], [], WRONG_VERSION],
    [['redeploys the old image', 'smoke-tests the wrong version'], [], "does not run the released commit's image"],
    [
      ['ignores the exit code of the migration'],
      ['--fault', 'desk:migration-fails'],
      'no migration with the new image',
    ],
    [['takes a rollback for success'], ['--fault', 'desk:crash-loop'], WRONG_VERSION],
    [['takes a rollback for success'], ['--fault', 'desk:alarm-fires'], WRONG_VERSION],
    [['smoke-tests the wrong version'], [], 'was never answered by the released version'],
  ]),
)('a suite that %j turns the rehearsal red', async (broken, args, finding) => {
  const suite = mkdtempSync(join(folder, 'suite-'));
  breakSuite(broken, suite);
  const { exitCode, output } = await rehearseSuite(suite, '--repo', wardIn(folder, BEFORE, CHANGED), ...args);
  expect(output).toContain(finding);
  expect(exitCode).toBe(1);
});
