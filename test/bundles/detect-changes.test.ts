import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { devNull } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Job, Ran, Step } from '../support/bundle.ts';
import { cancelBundle, createJob, runBundle } from '../support/bundle.ts';
import { expectContract, expectNoSecret, HOSTILE, HOSTILE_LINE } from '../support/hostile.ts';

const TOKEN = 'ghs_Tok.en-0123456789~abc';
const FILTERS = 'api: apps/api/**\nweb: apps/web/**\n';
const WHO = {
  GIT_AUTHOR_NAME: 'Asha',
  GIT_AUTHOR_EMAIL: 'asha@example.org',
  GIT_COMMITTER_NAME: 'Asha',
  GIT_COMMITTER_EMAIL: 'asha@example.org',
  GIT_CONFIG_GLOBAL: devNull,
  GIT_CONFIG_SYSTEM: devNull,
};

let job: Job;
beforeEach(() => {
  job = createJob();
});
afterEach(() => job.remove());

const gitIn = (cwd: string, ...args: readonly string[]): string =>
  execFileSync('git', [...args], { cwd, env: { PATH: process.env.PATH, ...WHO }, stdio: ['pipe', 'pipe', 'ignore'] })
    .toString()
    .trim();
const git = (...args: readonly string[]) => gitIn(job.workspace, ...args);

const commit = (message: string, files: Readonly<Record<string, string>>): string => {
  for (const [path, content] of Object.entries(files)) job.write(path, content);
  git('add', '-A');
  git('commit', '-q', '--allow-empty', '-m', message);
  return git('rev-parse', 'HEAD');
};

/** A checkout with two commits, the second of which changes apps/api; returns the first. */
const checkout = (message = 'second', more: Readonly<Record<string, string>> = {}): string => {
  git('init', '-q', '--initial-branch=main');
  const first = commit('first', { 'apps/api/a': '1', 'apps/web/a': '1' });
  commit(message, { 'apps/api/a': '2', ...more });
  return first;
};

/** The step, in a checkout. */
const checkedOut = (step: Step): Step => {
  checkout();
  return step;
};

const check = (ran: Ran): Ran => {
  expectContract(ran);
  expectNoSecret(ran, [TOKEN]);
  expect([...ran.left.keys()]).toEqual([]);
  if (ran.code === 0) {
    const changes = JSON.parse(ran.outputs.changes ?? '') as string[];
    expect(ran.outputs.any).toBe(String(changes.length > 0));
    JSON.parse(ran.outputs.matrix ?? '');
  }
  return ran;
};

const detect = async (step: Step & { readonly inputs?: Record<string, string> }) =>
  check(
    await runBundle('detect-changes', job, { ...step, inputs: { filters: FILTERS, token: TOKEN, ...step.inputs } }),
  );

const pushFrom = (before: string, more: Record<string, unknown> = {}): Step => ({
  event: { before, ref: 'refs/heads/main', repository: { default_branch: 'main' }, ...more },
  env: { GITHUB_REF: 'refs/heads/main', GITHUB_EVENT_NAME: 'push', ...WHO },
});

const everything = (ran: Ran) => {
  expect([ran.code, ran.outputs.api, ran.outputs.web]).toEqual([0, 'true', 'true']);
  expect(ran.outputs.fallback).not.toBe('');
  expect(ran.commands).toContainEqual(expect.objectContaining({ name: 'warning' }));
};

test('what changed is said, and nothing else', async () => {
  const ran = await detect(pushFrom(checkout()));
  expect(ran.outputs).toMatchObject({ api: 'true', web: 'false', changes: '["api"]', fallback: '' });
});

describe('what cannot be known counts as changed', () => {
  test.each<[string, () => Step]>([
    ['a workspace that is no checkout', () => pushFrom('a'.repeat(40))],
    [
      'a repository without any commit',
      () => {
        git('init', '-q');
        return pushFrom('a'.repeat(40));
      },
    ],
    ['a commit before that nobody has, without origin', () => checkedOut(pushFrom('a'.repeat(40)))],
    [
      'an origin that does not answer',
      () => {
        checkout();
        git('remote', 'add', 'origin', join(job.folder, 'nowhere'));
        return pushFrom('a'.repeat(40));
      },
    ],
    ['a commit before that is an option', () => checkedOut(pushFrom('--upload-pack=touch /tmp/owned'))],
    ['a revision that is an option', () => ({ ...pushFrom(checkout()), inputs: { base: '--output=/tmp/owned' } })],
    ['a revision that is an attack', () => ({ ...pushFrom(checkout()), inputs: { base: HOSTILE_LINE } })],
    [
      'objects that are gone',
      () => {
        const first = checkout();
        rmSync(join(job.workspace, '.git', 'objects'), { recursive: true });
        mkdirSync(join(job.workspace, '.git', 'objects'));
        return pushFrom(first);
      },
    ],
    [
      'objects that are broken',
      () => {
        const first = checkout();
        const tree = git('rev-parse', `${first}^{tree}`);
        const file = join(job.workspace, '.git', 'objects', tree.slice(0, 2), tree.slice(2));
        rmSync(file);
        writeFileSync(file, 'broken');
        return pushFrom(first);
      },
    ],
    ['an event that is no JSON', () => checkedOut({ ...pushFrom(''), event: `{"before": "${HOSTILE}` })],
    ['an event that is a list', () => checkedOut({ ...pushFrom(''), event: '[1]' })],
    ['an event of other types', () => checkedOut(pushFrom(1 as unknown as string, { forced: 'no', ref: 7 }))],
    [
      'a pull request without anything',
      () => checkedOut({ ...pushFrom(''), env: { GITHUB_EVENT_NAME: 'pull_request' } }),
    ],
  ])('%s', async (_, prepare) => {
    everything(await detect(prepare()));
  });

  test('a shallow checkout whose origin has lost the history', async () => {
    const first = checkout();
    const clone = join(job.folder, 'clone');
    execFileSync('git', ['clone', '-q', '--depth=1', `file://${job.workspace}`, clone], { stdio: 'ignore' });
    gitIn(clone, 'remote', 'set-url', 'origin', join(job.folder, 'nowhere'));
    everything(await detect({ ...pushFrom(first), env: { ...pushFrom(first).env, GITHUB_WORKSPACE: clone } }));
  });

  test('a shallow checkout is deepened where that can be done', async () => {
    const first = checkout();
    const clone = join(job.folder, 'clone');
    execFileSync('git', ['clone', '-q', '--depth=1', `file://${job.workspace}`, clone], { stdio: 'ignore' });
    const ran = await detect({ ...pushFrom(first), env: { ...pushFrom(first).env, GITHUB_WORKSPACE: clone } });
    expect(ran.outputs).toMatchObject({ api: 'true', web: 'false', fallback: '' });
  });
});

test.each<
  [situation: string, prepare: (nowhere: string) => Step & { readonly inputs?: Record<string, string> }, why: RegExp]
>([
  ['no checkout', () => pushFrom('a'.repeat(40)), /^there is no checkout; run actions\/checkout/],
  [
    'a folder that is not there',
    () => ({ ...pushFrom(checkout()), inputs: { 'working-directory': 'aps' } }),
    /there is no folder ".*\/aps"$/,
  ],
  [
    'no git',
    (nowhere) => {
      const step = pushFrom(checkout());
      return { ...step, env: { ...step.env, PATH: nowhere } };
    },
    /git is not installed here/,
  ],
])('%s is told as that, not as what git said', async (_, prepare, why) => {
  const ran = await detect(prepare(job.home));
  everything(ran);
  expect(ran.outputs.fallback).toMatch(why);
});

test('names and messages that are attacks are text, and files of them are seen', async () => {
  const names = [
    'new\nline',
    'x ##[error]FORGED',
    '::error::FORGED',
    '\u001b[31m',
    '-rf',
    '$(id)',
    '`id`',
    'é|b',
    '"q"',
  ];
  const files = Object.fromEntries(names.map((name) => [`apps/web/${name}`, 'x']));
  const before = checkout(HOSTILE.replaceAll('\u0000', ''), {
    ...files,
    [`${HOSTILE_LINE.replaceAll('/', '_')}`]: 'x',
  });
  const ran = await detect({ ...pushFrom(before), inputs: { 'list-files': 'json' } });
  expect(ran.outputs.web).toBe('true');
  expect(JSON.parse(ran.outputs.web_files ?? '')).toHaveLength(names.length);
  expect(JSON.parse(ran.outputs.unclassified ?? '')).toHaveLength(1);
});

test('ten thousand files fit into the outputs of a job', async () => {
  const files = Object.fromEntries(Array.from({ length: 6_000 }, (_, at) => [`apps/web/${'d'.repeat(60)}/${at}`, '']));
  const ran = await detect({ ...pushFrom(checkout('many', files)), inputs: { 'list-files': 'json' } });
  expect(ran.outputs.web).toBe('true');
  expect(JSON.stringify(ran.outputs).length).toBeLessThan(500_000);
});

test('the token goes to the server of this run alone, and into no argument', async () => {
  checkout();
  git('remote', 'add', 'origin', 'https://evil.example/x.git');
  const bin = join(job.folder, 'bin');
  mkdirSync(bin);
  const real = execFileSync('which', ['git']).toString().trim();
  const spy = join(job.folder, 'spy');
  writeFileSync(
    join(bin, 'git'),
    `#!/bin/sh\necho "$@" >> ${spy}\nenv | grep GIT_CONFIG >> ${spy}\ncase "$*" in *fetch*|*ls-remote*) echo "fatal: ${TOKEN} refused, not our ref" >&2; exit 128;; esac\nexec ${real} "$@"\n`,
    { mode: 0o755 },
  );
  const step = pushFrom('a'.repeat(40));
  const ran = await detect({ ...step, env: { ...step.env, PATH: `${bin}:${process.env.PATH}` } });
  everything(ran);
  const called = execFileSync('cat', [spy]).toString();
  expectNoSecret(ran, [TOKEN], [called]);
  expect(called).not.toMatch(/basic /i);
});

test('inputs that are none end the step', async () => {
  const event = pushFrom(checkout());
  const laughs = Array.from({ length: 9 }, (_, at) => `a${at + 1}: &a${at + 1} [${Array(9).fill(`*a${at}`)}]`);
  const bomb = `a0: &a0 [x,x,x,x,x,x,x,x,x]\n${laughs.join('\n')}`;
  writeFileSync(join(job.folder, 'outside.yml'), FILTERS);
  symlinkSync(join(job.folder, 'outside.yml'), join(job.workspace, 'link.yml'));
  job.write('bomb.yml', bomb);
  job.write('deep.yml', '['.repeat(50_000));
  job.write('broken/.github/hospital-ops.yml', 'project: [');
  job.write('pipeline.yml', `project: x\nservices:\n  api: { pth: apps/api }\n`);
  const cases: Array<[Record<string, string>, RegExp]> = [
    [{ filters: '[]' }, /`filters`/],
    [{ filters: 'changes: a' }, /output/],
    [{ filters: 'any: a' }, /output/],
    [{ filters: 'api: 3' }, /`filters`/],
    [{ filters: `"${'x'.repeat(50)}=::set-output": a` }, /`filters`/],
    [{ filters: bomb }, /`filters`/],
    [{ filters: 'bomb.yml' }, /`filters`/],
    [{ filters: 'deep.yml' }, /`filters`/],
    [{ filters: 'link.yml' }, /outside the workspace/],
    [{ filters: '../outside.yml' }, /outside the workspace/],
    [{ filters: '' }, /`filters`: is required where there is no \.github\/hospital-ops\.yml/],
    [
      { filters: '', 'working-directory': 'broken' },
      /: an input is not valid[^`]*`config`: \.github\/hospital-ops\.yml: line 1/,
    ],
    [{ filters: 'api: a\n---\nweb: b' }, /line 2: .*a second document begins here/],
    [{ filters: 'filters.txt' }, /or the path of a \.yml/],
    [{ config: 'pipeline.yml' }, /line 3/],
    [{ config: 'bomb.yml' }, /`config`/],
    [{ config: 'deep.yml' }, /`config`/],
    [{ config: '../outside.yml' }, /outside the workspace/],
    [{ base: 'last-deployment' }, /needs `environment`/],
    [{ graph: 'yes', 'list-files': 'csv' }, /inputs are not valid: 2 problems[\s\S]*graph[\s\S]*list-files/],
    [{ filter: 'x' }, /did you mean `filters`/],
  ];
  for (let at = 0; at < cases.length; at += 6) {
    await Promise.all(
      cases.slice(at, at + 6).map(async ([inputs, message]) => {
        const ran = await detect({ ...event, inputs });
        expect([inputs, ran.code, ran.log]).toEqual([inputs, 1, expect.stringMatching(message)]);
      }),
    );
  }
});

test('a working directory outside of the workspace is not looked at', async () => {
  const before = checkout();
  const other = join(job.folder, 'other');
  execFileSync('git', ['clone', '-q', job.workspace, other], { stdio: 'ignore' });
  const ran = await detect({ ...pushFrom(before), inputs: { 'working-directory': '../other' } });
  expect([ran.code, ran.log]).toEqual([1, expect.stringMatching(/outside the workspace/)]);
});

test('a cancelled run ends at once and leaves nothing behind', async () => {
  checkout();
  git('remote', 'add', 'origin', join(job.folder, 'origin'));
  const bin = join(job.folder, 'bin');
  mkdirSync(bin);
  const real = execFileSync('which', ['git']).toString().trim();
  const script = `#!/bin/sh\ncase "$*" in *fetch*|*ls-remote*) echo begun > ${join(job.folder, 'begun')}; trap '' TERM INT; sleep 30;; esac\nexec ${real} "$@"\n`;
  writeFileSync(join(bin, 'git'), script, { mode: 0o755 });
  const step = pushFrom('a'.repeat(40));
  const inputs = { filters: FILTERS, token: TOKEN };
  const cancelled = { ...step, inputs, env: { ...step.env, PATH: `${bin}:${process.env.PATH}` } };
  const ran = check(await cancelBundle('detect-changes', job, cancelled, () => existsSync(join(job.folder, 'begun'))));
  expect([ran.code, ran.ms < 10_000]).toEqual([1, true]);
});
