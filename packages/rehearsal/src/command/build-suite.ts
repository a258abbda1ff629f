import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { sourceFingerprint } from '@hospital-ops/tooling/build/fingerprint';

const execute = promisify(execFile);

/** A bundler that fails prints whole lines of minified code around what it has to say. */
const MINIFIED = 1000;

const lastLines = (text: string): string =>
  text
    .trim()
    .split('\n')
    .filter((line) => line.length < MINIFIED)
    .slice(-15)
    .join('\n');

/** Builds the release tree at `root`, unless it is there already from these very sources; `onBuild` is told beforehand. */
export const ensureSuite = async (root: string, onBuild: () => void): Promise<void> => {
  const mark = join(root, 'build', 'fingerprint');
  if (existsSync(join(root, 'dist', 'lib', 'index.js')) && existsSync(mark)) {
    if (readFileSync(mark, 'utf8') === (await sourceFingerprint(root))) return;
  }
  onBuild();
  try {
    await execute(process.execPath, [join(root, 'packages/tooling/src/build/main.ts')], { cwd: root });
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(
      `the suite cannot be built:\n${lastLines(`${stdout}${stderr}`)}\nNext: npm run build shows all of it.`,
    );
  }
};
