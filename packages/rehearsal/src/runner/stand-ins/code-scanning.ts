import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { filesBelow } from '../hash-files.ts';
import type { StandIn, StandInStep } from '../stand-in.ts';
import { sarifOf, sarifProblem } from './sarif.ts';

const isPrivate = ({ github }: StandInStep): boolean =>
  (github.event as { repository?: { private?: unknown } } | undefined)?.repository?.private === true;

const requireUpload = (step: StandInStep): void => {
  const lacks = (permission: string) => {
    throw new Error(`Resource not accessible by integration: the job has no \`${permission}\`.`);
  };
  const { permissions } = step;
  if (permissions['security-events'] !== 'write') lacks('security-events: write');
  // It asks for the workflow run, which all may read where the repository is public (actions/starter-workflows#1747).
  if (isPrivate(step) && (permissions.actions ?? 'none') === 'none') lacks('actions: read');
};

const sarifFiles = (step: StandInStep, given: string): string[] => {
  const path = resolve(step.workspace, given);
  if (!existsSync(path)) throw new Error(`Path does not exist: ${given}`);
  if (!statSync(path).isDirectory()) return [path];
  const files = filesBelow(path).filter((file) => file.endsWith('.sarif'));
  if (files.length === 0) throw new Error(`No SARIF files found to upload in "${given}".`);
  return files.map((file) => join(path, file));
};

/** Keeps what code scanning would get; returns its id. */
const upload = (step: StandInStep, given: string): string => {
  requireUpload(step);
  const folder = join(step.store, 'code-scanning');
  mkdirSync(folder, { recursive: true });
  const files = sarifFiles(step, given);
  const digest = createHash('sha256');
  for (const file of files) {
    const text = readFileSync(file, 'utf8');
    const problem = sarifProblem(text);
    if (problem !== undefined) throw new Error(`${problem} (${file})`);
    digest.update(text);
    cpSync(file, join(folder, `${createHash('sha256').update(text).digest('hex')}.sarif`));
  }
  step.log(`Uploaded ${files.length} SARIF files${step.input('category') && ` as ${step.input('category')}`}`);
  return digest.digest('hex').slice(0, 32);
};

/** The stand-in of github/codeql-action/upload-sarif. */
export const uploadSarif: StandIn = {
  uses: 'github/codeql-action/upload-sarif',
  replaces: 'checks permission and file as code scanning would, and keeps the file in a folder of this run.',
  lacks: 'it shows the findings in the pull request and among the alerts.',
  inputs: {
    sarif_file: { default: '../results' },
    checkout_path: {},
    ref: {},
    sha: {},
    token: {},
    matrix: {},
    category: {},
    'wait-for-processing': { default: 'true' },
  },
  run: async (step) => ({ outputs: { 'sarif-id': upload(step, step.input('sarif_file')) } }),
};

/** The stand-in of github/codeql-action/init. */
export const codeqlInit: StandIn = {
  uses: 'github/codeql-action/init',
  replaces: 'notes the languages.',
  lacks: 'it fetches CodeQL and starts its databases.',
  others: ['tools', 'packs', 'external-repository-token', 'dependency-caching', 'db-location'],
  inputs: {
    languages: {},
    'build-mode': {},
    queries: {},
    config: {},
    'config-file': {},
    'source-root': {},
    token: {},
    ram: {},
    threads: {},
    debug: {},
    'trap-caching': {},
  },
  run: async (step) => {
    step.log(`Languages: ${step.input('languages') || 'those of the repository'}`);
    return {};
  },
};

/** The stand-in of github/codeql-action/analyze. */
export const codeqlAnalyze: StandIn = {
  uses: 'github/codeql-action/analyze',
  replaces: 'writes and uploads a report without findings.',
  lacks: 'it analyses the code; nothing is known of it here.',
  others: ['expect-error', 'add-snippets', 'skip-queries', 'cleanup-level', 'check_name'],
  inputs: {
    output: { default: '../results' },
    upload: { default: 'always' },
    category: {},
    checkout_path: {},
    ref: {},
    sha: {},
    token: {},
    ram: {},
    threads: {},
    'upload-database': {},
    'wait-for-processing': {},
  },
  run: async (step) => {
    const folder = resolve(step.workspace, step.input('output'));
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'codeql.sarif'), sarifOf('CodeQL', []));
    const id = step.input('upload') === 'always' ? upload(step, step.input('output')) : '';
    return { outputs: { 'sarif-output': folder, 'sarif-id': id } };
  },
};
