import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { WorkflowResult } from '@hospital-ops/rehearsal/runner/run-events';
import { runWorkflow } from '@hospital-ops/rehearsal/runner/run-workflow';
import { createStandIns } from '@hospital-ops/rehearsal/runner/stand-ins/table';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Sandbox } from '../rehearsal/runner/sandbox.ts';
import { createSandbox, optionsFor, writeFiles } from '../rehearsal/runner/sandbox.ts';
import { ROOT } from '../support/rehearse.ts';

const workflow = (name: string) => readFileSync(join(ROOT, '.github/workflows', name), 'utf8');

/** In the place of the release command, which tests of its own try: says what it was given, and leaves what it would. */
const RELEASE = `
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
const [version, how] = process.argv.slice(2);
const assets = 'build/release/assets';
if (how === '--dry-run') {
  mkdirSync(assets, { recursive: true });
  writeFileSync(assets + '/SHA256SUMS', 'a'.repeat(64) + '  ops.tar.gz\\n');
}
console.log('release ' + version + ' ' + how + (process.env.GITHUB_TOKEN ? ' with a token' : ''));
if (how === '--prepared') {
  console.log('sums: ' + existsSync(assets + '/SHA256SUMS') + ', provenance: ' + existsSync(assets + '/provenance.intoto.jsonl'));
}
`;

const MANIFEST = { name: 'ops', version: '1.2.0', private: true };
const FILES = {
  '.github/workflows/test.yml': workflow('test.yml'),
  '.github/workflows/release.yml': workflow('release.yml'),
  '.node-version': '24\n',
  // The gate that a run of these workflows holds this one for.
  '.ci/run': 'echo the gate of $(node --version)\n',
  'release.mjs': RELEASE,
  'package.json': JSON.stringify({ ...MANIFEST, scripts: { release: 'node release.mjs' } }),
  'package-lock.json': JSON.stringify({ ...MANIFEST, lockfileVersion: 3, packages: { '': MANIFEST } }),
};

let sandbox: Sandbox;
let sha = '';
beforeEach(() => {
  sandbox = createSandbox(FILES);
  // The real one looks through the real workflows in a test of its own.
  writeFiles(sandbox.root, { 'bin/zizmor': '#!/bin/sh\necho no findings\n' });
  chmodSync(join(sandbox.root, 'bin/zizmor'), 0o755);
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], {
      cwd: sandbox.repository,
      encoding: 'utf8',
    }).trim();
  git('init', '--quiet', '--initial-branch=main');
  git('add', '--all');
  git('commit', '--quiet', '-m', 'Sources');
  sha = git('rev-parse', 'HEAD');
});
afterEach(() => sandbox.remove());

const play = (file: string, name: string, payload: Readonly<Record<string, unknown>>, secrets = {}) =>
  runWorkflow(
    optionsFor(sandbox, {
      workflow: `.github/workflows/${file}`,
      event: { name, payload: { repository: { default_branch: 'main', private: true }, ...payload } },
      sha,
      secrets,
      standIns: createStandIns(),
      env: { PATH: [join(sandbox.root, 'bin'), process.env.PATH].join(delimiter), HOME: sandbox.temp },
    }),
  );

const jobs = ({ jobs: all }: WorkflowResult) => Object.fromEntries(all.map((job) => [job.name, job.conclusion]));
const log = ({ jobs: all }: WorkflowResult) =>
  all.flatMap(({ steps }) => steps.flatMap((step) => step.log.map(({ text }) => text))).join('\n');

describe('the suite’s own gate', () => {
  const ALWAYS = {
    Test: 'success',
    'CodeQL (javascript-typescript)': 'success',
    'CodeQL (actions)': 'success',
    zizmor: 'success',
  };
  const request = { number: 1, base: { ref: 'main', sha: 'a'.repeat(40) }, head: { ref: 'x', sha: 'b'.repeat(40) } };
  test.each([
    ['push', { ref: 'refs/heads/main' }, { Scorecard: 'success', 'New dependencies': 'skipped' }],
    [
      'pull_request',
      { action: 'opened', pull_request: request },
      { Scorecard: 'skipped', 'New dependencies': 'success' },
    ],
  ])('runs at a %s, each job with the permissions that it needs', async (event, payload, more) => {
    const ran = await play('test.yml', event, payload);
    expect(jobs(ran)).toEqual({ ...ALWAYS, ...more });
    expect(log(ran)).toContain('the gate of v24.');
  });
});

describe('the suite’s own release', () => {
  const inputs = (dryRun: string) => ({ inputs: { version: '1.2.0', 'dry-run': dryRun } });

  test('does all but publishing in a dry run', async () => {
    const ran = await play('release.yml', 'workflow_dispatch', inputs('true'));
    expect(jobs(ran)).toEqual({ 'Build and prove': 'success', Publish: 'skipped' });
    expect(log(ran)).toMatch(/the gate of v24\.[\s\S]*release 1\.2\.0 --dry-run with a token/);
  });

  test('publishes what was built, with its provenance, in a job that builds nothing', async () => {
    const ran = await play('release.yml', 'workflow_dispatch', inputs('false'), { RELEASE_SIGNING_KEY: 'hunter2' });
    expect(jobs(ran)).toEqual({ 'Build and prove': 'success', Publish: 'success' });
    const [, published = ''] = log(ran).split('release 1.2.0 --prepared with a token');
    expect(published).toContain('sums: true, provenance: true');
    // Told in a run without one, and here only by the script as it is printed.
    expect(log(ran)).not.toMatch(/^No RELEASE_SIGNING_KEY/m);
    expect(log(ran)).not.toContain('hunter2');
  });
});
