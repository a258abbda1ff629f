import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { valid } from 'semver';
import { repositoryName } from '../repository-name.ts';
import type { SelfReference } from './self-reference.ts';

export interface BuildOptions {
  /** How the suite's own actions are referred to; undefined leaves `$/`. */
  readonly selfReference?: SelfReference;
}

const versionOf = (root: string): string =>
  (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }).version;

const tagOf = (given: string): string => {
  if (given.startsWith('v') && valid(given) !== null) return given;
  throw new Error(`--tag is "${given}".\nWhy: a full version tag is expected: v1.2.3.`);
};

/**
 * Returns what the arguments of `npm run build` ask for. Throws an Error that says what is accepted.
 * `--self-reference=self|tag`, `--repository owner/name`, `--tag v1.2.3`.
 */
export const parseBuildOptions = (argv: readonly string[], root: string): BuildOptions => {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      'self-reference': { type: 'string', default: 'self' },
      repository: { type: 'string' },
      tag: { type: 'string' },
    },
  });
  if (values['self-reference'] === 'self') return {};
  if (values['self-reference'] !== 'tag') {
    throw new Error(`--self-reference is "${values['self-reference']}".\nWhy: self or tag is expected.`);
  }
  const repository = repositoryName(root, values.repository);
  return { selfReference: { repository, tag: tagOf(values.tag ?? `v${versionOf(root)}`) } };
};
