import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { filesBelow } from '../hash-files.ts';
import type { Finding } from './sarif.ts';

/** Secrets that tell themselves by their form. */
const PATTERNS: ReadonlyArray<readonly [rule: string, pattern: RegExp]> = [
  ['aws-access-key-id', /(?<![A-Z0-9])(AKIA|ASIA)[A-Z2-7]{16}(?![A-Z0-9])/],
  ['private-key', /-----BEGIN ([A-Z]+ )?PRIVATE KEY-----/],
  ['github-pat', /\b(ghp|gho|ghs|ghu)_[A-Za-z0-9]{36}\b|\bgithub_pat_[A-Za-z0-9_]{60,}\b/],
  ['slack-web-hook', /https:\/\/hooks\.slack\.com\/services\/T\w{8,}\/B\w{8,}\/\w{20,}/],
];

/** Larger files are no sources. */
const MAX_BYTES = 1_024 * 1_024;

/** Returns the secrets in the files below `root`, dependencies and git's own left out. */
export const findSecrets = (root: string): Finding[] =>
  filesBelow(root)
    .filter((file) => !/(^|\/)(node_modules|\.git)\//.test(file) && statSync(join(root, file)).size <= MAX_BYTES)
    .flatMap((file) =>
      readFileSync(join(root, file), 'utf8')
        .split('\n')
        .flatMap((text, index) =>
          PATTERNS.filter(([, pattern]) => pattern.test(text)).map(([rule]) => ({
            rule,
            message: `A secret of the kind ${rule}`,
            file,
            line: index + 1,
          })),
        ),
    );
