import { readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** For `--import`: adds the address of every module that is loaded to the file that LOADED_TO names. */
export const LOADED_HOOK = `data:text/javascript,${encodeURIComponent(
  "import { registerHooks } from 'node:module'; import { appendFileSync } from 'node:fs';" +
    "registerHooks({ load: (url, context, next) => { if (url.startsWith('file:')) appendFileSync(process.env.LOADED_TO, url + '\\n'); return next(url, context); } });",
)}`;

const MARKS = { octokit: /octokit-(?:core|request)|octokit\.js/i, aws: /AwsJson1_1|smithy/i } as const;

export interface LoadedCode {
  readonly bytes: number;
  /** True when code of GitHub's API client is among it. */
  readonly octokit: boolean;
  readonly aws: boolean;
}

/** Returns what stands in `files`. */
export const codeIn = (files: readonly string[]): LoadedCode => {
  const has = (mark: RegExp) => files.some((file) => mark.test(readFileSync(file, 'utf8')));
  return {
    bytes: files.reduce((sum, file) => sum + statSync(file).size, 0),
    octokit: has(MARKS.octokit),
    aws: has(MARKS.aws),
  };
};

/** Returns what was loaded, of the list that the hook wrote. */
export const loadedCode = (list: string): LoadedCode =>
  codeIn(
    list
      .split('\n')
      .filter((line) => line !== '')
      .map((url) => fileURLToPath(url)),
  );
