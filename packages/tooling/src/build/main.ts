import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from '../paths.ts';
import { alone } from './alone.ts';
import { LOCK } from './compile.ts';
import { sourceFingerprint } from './fingerprint.ts';
import { parseBuildOptions } from './options.ts';
import { buildReleaseTree } from './tree.ts';

const MARK = join(ROOT, 'build', 'fingerprint');

const readOptions = () => {
  try {
    return parseBuildOptions(process.argv.slice(2), ROOT);
  } catch (error) {
    process.stderr.write(`build: ${error instanceof Error ? error.message : String(error)}\n`);
    return process.exit(1);
  }
};

const options = readOptions();
const { selfReference } = options;

const build = async (): Promise<string> => {
  await buildReleaseTree(ROOT, options);
  // Without the mark nobody takes a tree that refers to itself by a tag for the one of these sources.
  if (selfReference === undefined) await writeFile(MARK, await sourceFingerprint(ROOT));
  return selfReference ? `; it refers to itself as ${selfReference.repository}@${selfReference.tag}` : '';
};

/** True when the build that was waited for has made the very tree that is wanted. */
const isMade = async (): Promise<boolean> =>
  selfReference === undefined && (await readFile(MARK, 'utf8').catch(() => '')) === (await sourceFingerprint(ROOT));

const onWait = (pid: number) =>
  void process.stderr.write(`another build is at work in this tree (process ${pid}); waiting for its end\n`);

try {
  const note = await alone(join(ROOT, 'build', LOCK), onWait, async (waited) =>
    waited && (await isMade()) ? ', which the build before this one has made' : build(),
  );
  process.stdout.write(`dist/ holds the release tree${note}.\n`);
} catch (error) {
  // Without the source that Node shows above a stack: that of ncc is a line of three megabytes.
  process.stderr.write(`build: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 1;
}
