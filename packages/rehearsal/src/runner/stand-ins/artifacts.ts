import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { parseInteger } from '@hospital-ops/action-kit/numbers';
import { unzipSync, zipSync } from 'fflate';
import picomatch from 'picomatch';
import type { Artifacts } from '../../results/artifacts.ts';
import { openArtifacts } from '../../results/artifacts.ts';
import { filesBelow } from '../hash-files.ts';
import type { StandIn, StandInStep } from '../stand-in.ts';

const folderOf = (step: StandInStep): string => join(step.store, 'results');

/** Returns the archive of files, by their paths below `root`. */
const pack = ({ files, root }: Found, level: number): Uint8Array =>
  zipSync(Object.fromEntries(files.map((file) => [relative(root, file), new Uint8Array(readFileSync(file))])), {
    level: Math.min(Math.max(level, 0), 9) as 0 | 6 | 9,
  });

/** Writes what is in an archive below `target`. Throws at a path that leads out of it. */
const unpack = (archive: Uint8Array, target: string): void => {
  for (const [name, content] of Object.entries(unzipSync(archive))) {
    const path = resolve(target, name);
    if (!path.startsWith(`${resolve(target)}${sep}`)) throw new Error(`Malformed extraction path: ${name}`);
    mkdirSync(name.endsWith('/') ? path : dirname(path), { recursive: true });
    if (!name.endsWith('/')) writeFileSync(path, content);
  }
};

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
  replaces: 'keeps the artifact, one zip archive, with the artifact service of this run.',
  lacks: 'it keeps the artifact for days.',
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
    const found = find(step);
    if (found.files.length === 0) {
      const message = `No files were found with the provided path: ${step.input('path')}. No artifacts will be uploaded.`;
      if (step.input('if-no-files-found') === 'error') throw new Error(message);
      if (step.input('if-no-files-found') === 'warn') step.warning(message);
      return {};
    }
    const artifacts = openArtifacts(folderOf(step));
    if (step.input('overwrite') === 'true') artifacts.remove(name);
    const job = String(step.github.job ?? '');
    const blob = artifacts.reserve(name, job);
    const archive = pack(found, parseInteger(step.input('compression-level')) ?? 6);
    writeFileSync(join(folderOf(step), blob), archive);
    const digest = createHash('sha256').update(archive).digest('hex');
    const facts = { name, job, size: archive.length, digest: `sha256:${digest}`, mimeType: 'application/zip' };
    const id = String(artifacts.commit(facts, Date.now()));
    const { server_url, repository, run_id } = step.github;
    step.log(`Artifact ${name}: ${found.files.length} files, ${archive.length} bytes`);
    return {
      outputs: {
        'artifact-id': id,
        'artifact-url': `${server_url}/${repository}/actions/runs/${run_id}/artifacts/${id}`,
        'artifact-digest': digest,
      },
    };
  },
};

const take = (step: StandInStep, artifacts: Artifacts, name: string, target: string): void => {
  const artifact = artifacts.find(name);
  if (artifact === undefined) throw new Error(`Unable to download artifact(s): Artifact not found for name: ${name}`);
  unpack(new Uint8Array(readFileSync(join(folderOf(step), artifact.blob))), target);
};

/** The stand-in of actions/download-artifact. */
export const downloadArtifact: StandIn = {
  uses: 'actions/download-artifact',
  replaces: 'takes the artifact from the artifact service of this run.',
  lacks: 'it also takes artifacts of other runs and repositories.',
  others: ['artifact-ids', 'github-token', 'repository', 'run-id', 'skip-decompress', 'digest-mismatch'],
  inputs: { name: {}, path: {}, pattern: {}, 'merge-multiple': { default: 'false' } },
  run: async (step) => {
    const target = resolve(step.workspace, step.input('path'));
    const artifacts = openArtifacts(folderOf(step));
    const name = step.input('name');
    if (name !== '') {
      take(step, artifacts, name, target);
      return { outputs: { 'download-path': target } };
    }
    const known = artifacts.all().map((one) => one.name);
    const pattern = step.input('pattern');
    const chosen = pattern === '' ? known : known.filter((one) => picomatch.isMatch(one, pattern));
    for (const one of chosen) {
      take(step, artifacts, one, step.input('merge-multiple') === 'true' ? target : join(target, one));
    }
    step.log(`Artifacts: ${chosen.join(', ') || 'none'}`);
    return { outputs: { 'download-path': target } };
  },
};
