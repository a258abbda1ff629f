import { copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { applySelfReference } from '../build/self-reference.ts';
import type { Git } from './git.ts';
import { commitTree } from './release-commit.ts';
import { hashesOf } from './second-build.ts';

export interface AssetsOptions {
  readonly git: Git;
  readonly root: string;
  readonly source: string;
  /** The release commit. */
  readonly commit: string;
  /** `owner/name`. */
  readonly repository: string;
  readonly tag: string;
  /** The folder that gets them; it must be empty. */
  readonly out: string;
}

/** The checksums of everything beside them, in the form that `sha256sum --check` reads. */
export const SUMS = 'SHA256SUMS';

/** Commits the tree that refers to itself by its tag, on no branch; returns the commit. */
const tagReferenceTree = async ({ git, root, source, repository, tag }: AssetsOptions): Promise<string> => {
  const temp = mkdtempSync(join(tmpdir(), 'release-tag-tree-'));
  try {
    cpSync(join(root, 'dist'), temp, { recursive: true });
    await applySelfReference(temp, { repository, tag });
    return commitTree(git, temp, source, `${tag}, referring to itself by its tag`);
  } finally {
    rmSync(temp, { recursive: true, force: true });
  }
};

/** Writes what hangs on the release: both trees as archives, bill, licences, checksums. The same source gives the same bytes. */
export const writeAssets = async (options: AssetsOptions): Promise<void> => {
  const { git, root, commit, repository, tag, out } = options;
  mkdirSync(out, { recursive: true });
  const name = `${repository.split('/')[1]}-${tag}`;
  const archive = (of: string, suffix: string) =>
    git('archive', '--format=tar.gz', `--prefix=${name}/`, '--output', join(out, `${name}${suffix}.tar.gz`), of);
  archive(commit, '');
  archive(await tagReferenceTree(options), '-tag-references');
  copyFileSync(join(root, 'dist', 'sbom.cdx.json'), join(out, `${name}.sbom.cdx.json`));
  copyFileSync(join(root, 'dist', 'lib', 'licenses.txt'), join(out, `${name}.licenses.txt`));
  writeFileSync(join(out, SUMS), [...hashesOf(out)].map(([file, sum]) => `${sum}  ${file}\n`).join(''));
};
