import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runWorkflow } from '@hospital-ops/rehearsal/runner/run-workflow';
import { createStandIns } from '@hospital-ops/rehearsal/runner/stand-ins/table';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Sandbox } from './sandbox.ts';
import { createSandbox, job, optionsFor, run, writeFiles } from './sandbox.ts';

const standIns = createStandIns();

describe('actions/checkout', () => {
  let sandbox: Sandbox;
  let head = '';
  const home = mkdtempSync(join(tmpdir(), 'git-home-'));
  const git = (...args: string[]): string =>
    execFileSync('git', ['-C', sandbox.repository, '-c', 'user.name=a', '-c', 'user.email=a@example.org', ...args], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH, HOME: home, GIT_CONFIG_NOSYSTEM: '1' },
    }).trim();

  beforeAll(() => {
    sandbox = createSandbox({ 'one.txt': '1' });
    git('init', '-q', '--initial-branch=main');
    for (const [index, name] of ['first', 'second', 'third'].entries()) {
      writeFiles(sandbox.repository, { [`${name}.txt`]: name });
      git('add', '.');
      git('commit', '-q', '-m', name);
      git('tag', `v1.${index}.0`);
    }
    git('branch', 'side', 'v1.0.0');
    head = git('rev-parse', 'HEAD');
  });
  afterAll(() => {
    sandbox.remove();
    rmSync(home, { recursive: true, force: true });
  });

  const inRepository = async (steps: string, event: { ref: string; refType: 'branch' | 'tag' }, headLines = '') => {
    writeFiles(sandbox.repository, { '.github/workflows/main.yml': job(steps, { head: headLines }) });
    const result = await runWorkflow(optionsFor(sandbox, { standIns, sha: head, ...event }));
    const log = result.jobs
      .flatMap(({ steps: all }) => all.flatMap((step) => step.log.map(({ text }) => text)))
      .join('\n');
    return { ...result, log, leftovers: sandbox.leftovers() };
  };
  const BRANCH = { ref: 'refs/heads/main', refType: 'branch' } as const;
  const TAG = { ref: 'refs/tags/v1.2.0', refType: 'tag' } as const;
  const LOOK = `
- run: |
    echo "commits $(git rev-list --count HEAD), shallow $(git rev-parse --is-shallow-repository)"
    echo "tags [$(git tag | tr '\\n' ' ')] on [$(git branch --show-current)] at $(git describe --always --tags)"
    echo "origin $(git remote get-url origin | sed 's/.*/&/') $(git config remote.origin.url)"`;

  test('by default it is one commit of the branch, and origin has the address on GitHub', async () => {
    const { log, conclusion, leftovers } = await inRepository(`- uses: actions/checkout@v7${LOOK}`, BRANCH);
    expect(log).toContain('commits 1, shallow true');
    expect(log).toContain('tags [] on [main]');
    expect(log).toContain('https://github.com/acme/hospital');
    expect(conclusion).toBe('success');
    expect(leftovers).toEqual([]);
  });

  test('a tag is checked out as that tag, and more history can be fetched from origin', async () => {
    const { log, conclusion } = await inRepository(
      `- uses: actions/checkout@v7\n  with: { persist-credentials: false }${LOOK}\n- run: git fetch --quiet --deepen=1 origin refs/tags/v1.2.0 && echo "then $(git rev-list --count HEAD)"`,
      TAG,
    );
    expect(log).toContain('tags [v1.2.0 ] on [] at v1.2.0');
    expect(log).toContain('then 2');
    expect(conclusion).toBe('success');
  });

  test('fetch-depth: 0 brings all commits, branches and tags', async () => {
    const { log } = await inRepository(`- uses: actions/checkout@v7\n  with: { fetch-depth: 0 }${LOOK}`, BRANCH);
    expect(log).toContain('commits 3, shallow false');
    expect(log).toContain('tags [v1.0.0 v1.1.0 v1.2.0 ] on [main]');
  });

  test('ref names a branch, a tag or a commit', async () => {
    for (const ref of ['side', 'v1.0.0', git('rev-parse', 'v1.0.0')]) {
      const { log, conclusion } = await inRepository(
        `- uses: actions/checkout@v7\n  with: { ref: ${ref} }\n- run: ls | tr '\\n' ' '`,
        BRANCH,
      );
      expect(log).toContain('first.txt one.txt');
      expect(log).not.toContain('second.txt');
      expect(conclusion).toBe('success');
    }
  });

  test('a ref that does not exist, and a token that may not read, fail the step', async () => {
    const unknown = await inRepository('- uses: actions/checkout@v7\n  with: { ref: nowhere }', BRANCH);
    expect(unknown.log).toContain("A branch or tag with the name 'nowhere' could not be found");
    const denied = await inRepository('- uses: actions/checkout@v7', BRANCH, 'permissions: {}');
    expect(denied.log).toContain('has no `contents: read`');
    expect([unknown.conclusion, denied.conclusion]).toEqual(['failure', 'failure']);
  });
});

describe('aws-actions/configure-aws-credentials', () => {
  const steps = (inputs: string) => `
- id: aws
  uses: aws-actions/configure-aws-credentials@v6
  with: { aws-region: ap-south-1, ${inputs} }
- run: |
    echo "region $AWS_REGION $AWS_DEFAULT_REGION key \${#AWS_ACCESS_KEY_ID} account \${{ steps.aws.outputs.aws-account-id }}"
    echo "secret $AWS_SECRET_ACCESS_KEY"`;
  const role = 'role-to-assume: "arn:aws:iam::123456789012:role/deploy"';

  test('a role and id-token: write give credentials to the steps after it, masked', async () => {
    const result = await run(job(steps(role), { head: 'permissions: { id-token: write }' }), { standIns });
    expect(result.conclusion).toBe('success');
    expect(result.log('one')).toContain('region ap-south-1 ap-south-1 key 20 account 123456789012');
    expect(result.log('one')).toContain('secret ***');
  });

  test.each([
    ['no OIDC permission', role, '', 'has no OIDC token'],
    ['a role that is no ARN', 'role-to-assume: deploy', 'permissions: { id-token: write }', 'the ARN of an IAM role'],
    ['neither role nor keys', 'audience: x', '', 'neither role-to-assume nor aws-access-key-id'],
  ])('%s fails the step', async (_, inputs, head, message) => {
    const result = await run(job(steps(inputs), { head }), { standIns });
    expect(result.conclusion).toBe('failure');
    expect(result.step('one', 'aws').annotations[0]?.message).toContain(message);
  });

  test('an input that the action does not have is refused', async () => {
    await expect(run(job(steps('aws-profile: x')), { standIns })).rejects.toThrow(
      '"aws-profile" is no input of aws-actions/configure-aws-credentials',
    );
  });
});

describe('artifacts and caches', () => {
  test('an artifact goes from one job to another, relative to what its paths have in common', async () => {
    const result = await run(
      `on: push
jobs:
  make:
    runs-on: ubuntu-latest
    steps:
      - run: mkdir -p out/deep && echo A > out/a.txt && echo B > out/deep/b.txt && echo H > out/.hidden
      - id: up
        uses: actions/upload-artifact@v7
        with: { name: plan, path: out/ }
      - run: test -n "\${{ steps.up.outputs.artifact-id }}"
  take:
    needs: make
    runs-on: ubuntu-latest
    steps:
      - uses: actions/download-artifact@v7
        with: { name: plan, path: in }
      - run: cd in && echo "files $(find . -type f | sort | tr '\\n' ' ')"
      - uses: actions/download-artifact@v7
        with: { name: other }
`,
      { standIns },
    );
    expect(result.log('take')).toContain('files ./a.txt ./deep/b.txt');
    expect(result.log('take')).toContain('Artifact not found for name: other');
    expect(result.job('make').conclusion).toBe('success');
  });

  test('a cache keeps what its patterns match, and none where nothing does', async () => {
    const result = await run(
      job(`
- run: mkdir -p a/kept b/kept c/kept && touch a/kept/x b/kept/x c/kept/x
- uses: actions/cache/save@v5
  with: { path: "*/kept\\n!c/kept", key: k }
- name: nothing
  uses: actions/cache/save@v5
  with: { path: absent, key: k }
- run: rm -r a b c
- uses: actions/cache/restore@v5
  with: { path: "*/kept\\n!c/kept", key: k }
- run: echo "files $(find . -type f | sort | tr '\\n' ' ')"`),
      { standIns },
    );
    expect(result.log('one')).toMatch(/^files \.\/a\/kept\/x \.\/b\/kept\/x $/m);
    expect(result.step('one', 'nothing').annotations[0]?.message).toContain('hence no cache is being saved');
    expect(result.conclusion).toBe('success');
  });

  test('a cache that was saved after a job is found by key and by prefix', async () => {
    const use = (key: string) => `
      - id: cache
        uses: actions/cache@v5
        with: { path: store, key: ${key}, restore-keys: k- }
      - run: |
          echo "hit [\${{ steps.cache.outputs.cache-hit }}] [$(cat store/x 2>/dev/null)]"
          mkdir -p store && echo ${key} > store/x`;
    const result = await run(
      `on: push
jobs:
  a:
    runs-on: ubuntu-latest
    steps:${use('k-1')}
  b:
    needs: a
    runs-on: ubuntu-latest
    steps:${use('k-1')}
  c:
    needs: b
    runs-on: ubuntu-latest
    steps:${use('k-2')}
`,
      { standIns },
    );
    expect(result.conclusion).toBe('success');
    expect(['a', 'b', 'c'].map((id) => /hit .*/.exec(result.log(id).replaceAll(/echo "hit.*/g, ''))?.[0])).toEqual([
      'hit [] []',
      'hit [true] [k-1]',
      'hit [false] [k-1]',
    ]);
  });
});

describe('set-up actions', () => {
  test('setup-node takes Node 24 and refuses another', async () => {
    const result = await run(
      job(`
- uses: actions/setup-node@v6
  with: { node-version: 24 }
- name: other
  uses: actions/setup-node@v6
  with: { node-version: 18.x }`),
      { standIns },
    );
    expect(result.job('one').steps.map(({ conclusion }) => conclusion)).toEqual(['success', 'failure']);
    expect(result.step('one', 'other').annotations[0]?.message).toMatch(/asks for Node 18\.x, and v24/);
  });

  test('a pnpm that is not on the machine installs, runs scripts, and refuses the rest by name', async () => {
    const manifest = JSON.stringify({ name: 'a', scripts: { lint: 'echo linted', broken: 'exit 1' } });
    const result = await run(
      job(`
- run: echo '${manifest}' > package.json
- uses: pnpm/action-setup@v4
- run: pnpm install --frozen-lockfile && pnpm lint --fix && pnpm run lint; pnpm broken || echo "ended with $?"
- name: rest
  run: pnpm -r test`),
      // Nothing but the programs of the system: a pnpm of this machine would do all of it.
      { standIns, env: { PATH: '/usr/bin:/bin' } },
    );
    expect(result.log('one')).toMatch(/linted --fix\nlinted\nended with 1/);
    expect(result.step('one', 'rest').conclusion).toBe('failure');
    expect(result.log('one')).toContain('`pnpm -r test` needs pnpm itself, which is not on this machine.');
  });
});
