import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from '../paths.ts';
import { sourceFingerprint } from './fingerprint.ts';
import { buildReleaseTree } from './tree.ts';

/**
 * Once in some dozen builds ncc 0.45.0 on Node 24 hands the parser options of JavaScript to a JSON module and gives up; the
 * very same build passes in a new process. Every other error ends the build.
 */
const FALSE_ALARM = /Invalid parser object\. Json Modules Plugin/;
const TRIES_LEFT = 'BUILD_TRIES_LEFT';

try {
  await buildReleaseTree(ROOT);
  await writeFile(join(ROOT, 'build', 'fingerprint'), await sourceFingerprint(ROOT));
  process.stdout.write('dist/ holds the release tree.\n');
} catch (error) {
  const left = Number(process.env[TRIES_LEFT] ?? 3);
  if (!FALSE_ALARM.test(String(error)) || left <= 0) throw error;
  process.stderr.write('ncc stumbled over a JSON module; building again\n');
  const again = spawnSync(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    stdio: 'inherit',
    env: { ...process.env, [TRIES_LEFT]: String(left - 1) },
  });
  process.exitCode = again.status ?? 1;
}
