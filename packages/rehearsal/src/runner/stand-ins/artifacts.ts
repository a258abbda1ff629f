import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import picomatch from 'picomatch';
import { filesBelow } from '../hash-files.ts';
import type { StandIn, StandInStep } from '../stand-in.ts';

const FORBIDDEN = /["*:<>?|\r\n\\/]/;

const folderOf = (step: StandInStep): string => join(step.store, 'artifacts');

interface Found {
  readonly files: readonly string[];
  /** What the paths in the artifact are relative to. */
  readonly root: string;
}

/** Returns the deepest folder above all `paths`. */
const commonFolder = (paths: readonly string[]): string => {
  const [first = [], ...others] = paths.map((path) => path.split(sep));
  const length = others.reduce((shared, other) => {
    const end = first.slice(0, shared).findIndex((part, index) => part !== other[index]);
    return end < 0 ? shared : end;
  }, first.length);
  return first.slice(0, length).join(sep) || sep;
};

const find = (step: StandInStep): Found => {
  const hidden = step.input('include-hidden-files') === 'true';
  const patterns = step
    .input('path')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const files = new Set<string>();
  const roots: string[] = [];
  for (const pattern of patterns.filter((one) => !one.startsWith('!'))) {
    const absolute = resolve(step.workspace, pattern);
    const stat = statSync(absolute, { throwIfNoEntry: false });
    if (stat?.isFile()) {
      files.add(absolute);
      roots.push(dirname(absolute));
    } else if (stat?.isDirectory()) {
      for (const file of filesBelow(absolute)) if (hidden || !/(^|\/)\./.test(file)) files.add(join(absolute, file));
      roots.push(absolute);
    } else {
      const base = resolve(step.workspace, picomatch.scan(pattern).base);
      if (!existsSync(base)) continue;
      const matches = picomatch(absolute, { dot: hidden });
      for (const file of filesBelow(base)) if (matches(join(base, file))) files.add(join(base, file));
      roots.push(base);
    }
  }
  const excluded = patterns
    .filter((one) => one.startsWith('!'))
    .map((one) => picomatch([resolve(step.workspace, one.slice(1)), `${resolve(step.workspace, one.slice(1))}/**`]));
  const kept = [...files].filter((file) => !excluded.some((matches) => matches(file)));
  return { files: kept, root: roots.length === 0 ? step.workspace : commonFolder(roots) };
};

/** The stand-in of actions/upload-artifact. */
export const uploadArtifact: StandIn = {
  uses: 'actions/upload-artifact',
  replaces: 'keeps the artifact in a folder of this run.',
  lacks: 'it packs one zip archive, which forgets file modes, and keeps it for days.',
  others: ['archive'],
  inputs: {
    name: { default: 'artifact' },
    path: { required: true },
    'if-no-files-found': { default: 'warn' },
    'retention-days': {},
    'compression-level': {},
    overwrite: { default: 'false' },
    'include-hidden-files': { default: 'false' },
  },
  run: async (step) => {
    const name = step.input('name');
    if (name === '' || FORBIDDEN.test(name)) throw new Error(`The artifact name is not valid: ${name}`);
    const { files, root } = find(step);
    if (files.length === 0) {
      const message = `No files were found with the provided path: ${step.input('path')}. No artifacts will be uploaded.`;
      if (step.input('if-no-files-found') === 'error') throw new Error(message);
      if (step.input('if-no-files-found') === 'warn') step.warning(message);
      return {};
    }
    const folder = join(folderOf(step), name);
    if (existsSync(folder)) {
      if (step.input('overwrite') !== 'true')
        throw new Error(`an artifact with the name ${name} already exists on the workflow run`);
      rmSync(folder, { recursive: true });
    }
    const digest = createHash('sha256');
    for (const file of files) {
      const target = join(folder, relative(root, file));
      mkdirSync(dirname(target), { recursive: true });
      cpSync(file, target);
      digest.update(relative(root, file)).update(readFileSync(file));
    }
    const id = String(readdirSync(folderOf(step)).length);
    const { server_url, repository, run_id } = step.github;
    step.log(`Artifact ${name}: ${files.length} files`);
    return {
      outputs: {
        'artifact-id': id,
        'artifact-url': `${server_url}/${repository}/actions/runs/${run_id}/artifacts/${id}`,
        'artifact-digest': digest.digest('hex'),
      },
    };
  },
};

/** The stand-in of actions/download-artifact. */
export const downloadArtifact: StandIn = {
  uses: 'actions/download-artifact',
  replaces: 'takes the artifact from the folder of this run.',
  lacks: 'it also takes artifacts of other runs and repositories.',
  others: ['artifact-ids', 'github-token', 'repository', 'run-id', 'skip-decompress', 'digest-mismatch'],
  inputs: { name: {}, path: {}, pattern: {}, 'merge-multiple': { default: 'false' } },
  run: async (step) => {
    const target = resolve(step.workspace, step.input('path'));
    const folder = folderOf(step);
    const known = existsSync(folder) ? readdirSync(folder) : [];
    const name = step.input('name');
    if (name !== '') {
      if (!known.includes(name))
        throw new Error(`Unable to download artifact(s): Artifact not found for name: ${name}`);
      cpSync(join(folder, name), target, { recursive: true });
      return { outputs: { 'download-path': target } };
    }
    const pattern = step.input('pattern');
    const chosen = pattern === '' ? known : known.filter((one) => picomatch.isMatch(one, pattern));
    for (const one of chosen) {
      const into = step.input('merge-multiple') === 'true' ? target : join(target, one);
      cpSync(join(folder, one), into, { recursive: true });
    }
    step.log(`Artifacts: ${chosen.join(', ') || 'none'}`);
    return { outputs: { 'download-path': target } };
  },
};
