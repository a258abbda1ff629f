import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import type { Broken } from '../support/broken-suite.ts';
import { breakSuite } from '../support/broken-suite.ts';
import { rehearseSuite } from '../support/rehearse.ts';

const folder = mkdtempSync(join(tmpdir(), 'broken-suites-'));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const WRONG_VERSION = 'version at $.version | "1.1.0" | "1.0.0"';

/** Each is a pipeline as it is written by hand; the rehearsal must not believe it. */
test.each<[Broken[], string[], string]>([
  [['redeploys the old image'], [], WRONG_VERSION],
  [['redeploys the old image', 'smoke-tests the wrong version'], [], "does not run the released commit's image"],
  [['ignores the exit code of the migration'], ['--fault', 'api:migration-fails'], 'no migration with the new image'],
  [['takes a rollback for success'], ['--fault', 'api:crash-loop'], WRONG_VERSION],
  [['takes a rollback for success'], ['--fault', 'api:alarm-fires'], WRONG_VERSION],
  [['smoke-tests the wrong version'], [], 'was never answered by the released version'],
])(
  'a suite that %j turns the rehearsal red',
  async (broken, args, finding) => {
    const suite = join(folder, String(broken.length) + broken[0]?.replaceAll(' ', '-'));
    breakSuite(broken, suite);
    const { exitCode, output } = await rehearseSuite(suite, 'deploy-production', ...args);
    expect(output).toContain(finding);
    expect(exitCode).toBe(1);
  },
  120_000,
);
