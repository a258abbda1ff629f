import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '..', '..');

export interface Rehearsed {
  readonly exitCode: number;
  /** What the user sees, standard output and error. */
  readonly output: string;
  /** The page that was written, or empty. */
  readonly report: string;
  /** Files in the temporary folder and processes that were still there afterwards. */
  readonly leftovers: readonly string[];
}

/** Processes that work in `folder` or name it on their command line. */
const processesIn = (folder: string): string[] =>
  (existsSync('/proc') ? readdirSync('/proc') : [])
    .filter((pid) => /^\d+$/.test(pid))
    .flatMap((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
        const inside = readlinkSync(`/proc/${pid}/cwd`).startsWith(folder) || command.includes(folder);
        return inside ? [`${pid} ${command}`] : [];
      } catch {
        return [];
      }
    });

const spawnRehearsal = (
  script: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Rehearsed> => {
  const temp = mkdtempSync(join(tmpdir(), 'rehearse-test-'));
  // PostgreSQL refuses to run as root, and another user has to come in.
  chmodSync(temp, 0o711);
  const report = mkdtempSync(join(tmpdir(), 'rehearse-report-'));
  const words = [join(ROOT, script), ...args, ...(args.includes('--report') ? [] : ['--report', report])];
  return new Promise((resolve) => {
    const options = {
      env: { PATH: process.env.PATH ?? '', HOME: temp, TMPDIR: temp, ...env },
      cwd: ROOT,
      // Below the tests' own limit, so that what hangs is seen.
      timeout: 240_000,
      maxBuffer: 64 * 1024 * 1024,
    };
    execFile(process.execPath, words, options, (error, stdout, stderr) => {
      const file = join(report, 'report.html');
      const exitCode = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      const result = {
        exitCode,
        output: `${stdout}${stderr}`,
        report: existsSync(file) ? readFileSync(file, 'utf8') : '',
        leftovers: [...readdirSync(temp), ...processesIn(temp)],
      };
      rmSync(temp, { recursive: true, force: true });
      rmSync(report, { recursive: true, force: true });
      resolve(result);
    });
  });
};

/** Runs `npm run rehearse -- …` as a user would, in a temporary folder of its own. */
export const rehearse = (...args: readonly string[]): Promise<Rehearsed> => rehearseIn({}, ...args);

/** The same, with more in its environment. */
export const rehearseIn = (env: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<Rehearsed> =>
  spawnRehearsal('packages/rehearsal/rehearse.mjs', args, env);

/** The same, with another release tree than dist/. */
export const rehearseSuite = (suite: string, ...args: readonly string[]): Promise<Rehearsed> =>
  spawnRehearsal('test/support/rehearse-suite.ts', [suite, ...args]);
