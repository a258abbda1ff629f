import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from '../paths.ts';
import { sourceFingerprint } from './fingerprint.ts';
import { buildReleaseTree } from './tree.ts';

await buildReleaseTree(ROOT);
await writeFile(join(ROOT, 'build', 'fingerprint'), await sourceFingerprint(ROOT));
process.stdout.write('dist/ holds the release tree.\n');
