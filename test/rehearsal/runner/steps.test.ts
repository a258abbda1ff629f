import { describe, expect, test } from '@jest/globals';
import { action, isRunning, job, run } from './sandbox.ts';

describe('run steps', () => {
  test('a script runs in the workspace and hands outputs, variables and paths to the steps after it', async () => {
    const result = await run(
      job(`
- id: first
  run: |
    echo "answer=42" >> "$GITHUB_OUTPUT"
    printf 'text<<END\\none\\ntwo\\nEND\\n' >> "$GITHUB_OUTPUT"
    echo "COLOUR=blue" >> "$GITHUB_ENV"
    mkdir -p tools && printf '#!/bin/sh\\necho tool ran' > tools/tool && chmod +x tools/tool
    echo "$PWD/tools" >> "$GITHUB_PATH"
    test "$PWD" = "$GITHUB_WORKSPACE"
- run: |
    echo "\${{ steps.first.outputs.answer }} \${{ env.COLOUR }} $COLOUR"
    echo "\${{ toJSON(steps.first.outputs.text) }}"
    tool`),
    );
    expect(result.conclusion).toBe('success');
    expect(result.log('one')).toContain('42 blue blue');
    expect(result.log('one')).toContain('"one\\ntwo"');
    expect(result.log('one')).toContain('tool ran');
    expect(result.leftovers).toEqual([]);
  });

  test('a failing step fails the job; always() and failure() still run, the default does not', async () => {
    const result = await run(
      job(`
- name: breaks
  run: exit 3
- name: default
  run: echo no
- name: always
  if: always()
  run: echo yes
- name: failure
  if: failure()
  run: echo yes
- name: cancelled
  if: cancelled()
  run: echo no`),
    );
    expect(result.conclusion).toBe('failure');
    expect(result.job('one').steps.map(({ name, conclusion }) => [name, conclusion])).toEqual([
      ['breaks', 'failure'],
      ['default', 'skipped'],
      ['always', 'success'],
      ['failure', 'success'],
      ['cancelled', 'skipped'],
    ]);
    expect(result.step('one', 'breaks').annotations).toEqual([
      { level: 'error', message: 'Process completed with exit code 3.' },
    ]);
  });

  test('continue-on-error keeps the outcome and changes the conclusion', async () => {
    const result = await run(
      job(`
- id: shaky
  continue-on-error: true
  run: exit 1
- run: echo "\${{ steps.shaky.outcome }} \${{ steps.shaky.conclusion }}"`),
    );
    expect(result.conclusion).toBe('success');
    expect(result.log('one')).toContain('failure success');
  });

  test('pipefail holds for shell: bash and not without shell, as on GitHub', async () => {
    const result = await run(
      job(`
- name: loose
  run: false | true
- name: strict
  shell: bash
  run: false | true`),
    );
    expect(result.step('one', 'loose').conclusion).toBe('success');
    expect(result.step('one', 'strict').conclusion).toBe('failure');
  });

  test('env of workflow, job and step override each other; defaults.run set the folder', async () => {
    const result = await run(
      `on: push
env: { A: workflow, B: workflow, C: workflow }
jobs:
  one:
    runs-on: ubuntu-latest
    env: { B: job, C: job }
    defaults: { run: { working-directory: deep, shell: sh } }
    steps:
      - run: mkdir -p deep/er
        working-directory: .
      - run: echo "$A $B $C in $(basename "$PWD")"
        env: { C: step }
      - run: echo "in $(basename "$PWD")"
        working-directory: deep/er
`,
    );
    expect(result.log('one')).toContain('workflow job step in deep');
    expect(result.log('one')).toContain('in er');
  });

  test('a step has a clean environment: GitHub variables, Node 24 first on PATH, nothing of this machine', async () => {
    process.env.AWS_SECRET_ACCESS_KEY = 'of-the-developer';
    try {
      const result = await run(job('- run: env'), { env: { AWS_ENDPOINT_URL: 'http://127.0.0.1:1' } });
      const log = result.log('one');
      expect(log).not.toContain('of-the-developer');
      expect(log).toMatch(/^AWS_ENDPOINT_URL=http:\/\/127\.0\.0\.1:1$/m);
      for (const name of 'CI GITHUB_ACTIONS GITHUB_ACTION GITHUB_SHA GITHUB_REF_NAME GITHUB_EVENT_PATH GITHUB_RUN_ID RUNNER_TEMP RUNNER_OS'.split(
        ' ',
      )) {
        expect(log).toMatch(new RegExp(`^${name}=.+$`, 'm'));
      }
      expect(log).toContain('GITHUB_REPOSITORY=acme/hospital');
      expect(log).not.toMatch(/node_modules\/\.bin/);
    } finally {
      delete process.env.AWS_SECRET_ACCESS_KEY;
    }
  });

  test('expressions in blocks of several lines take the value that YAML gives them', async () => {
    const result = await run(
      job(`
- run: |
    cat > file <<END
    \${{ github.actor }}
      indented \${{ github.sha == '' && 'no' || 'it''s ''here''' }}
    END
    echo "[$(cat file)]"
- env:
    FOLDED: >-
      \${{ github.actor == 'alice'
      && 'yes'
      || 'no' }}
  run: echo "[$FOLDED]"`),
    );
    expect(result.log('one')).toContain("[alice\n  indented it's 'here']");
    expect(result.log('one')).toContain('[yes]');
  });

  test('what a step writes to GITHUB_ENV cannot change what GitHub sets', async () => {
    const result = await run(
      job(`
- run: |
    echo "GITHUB_SHA=forged" >> "$GITHUB_ENV"
    echo "RUNNER_TEMP=/forged" >> "$GITHUB_ENV"
- run: echo "$GITHUB_SHA $RUNNER_TEMP"`),
    );
    expect(result.log('one').split('\n').at(-1)).not.toContain('forged');
  });

  test('a condition that cannot be evaluated fails its step', async () => {
    const result = await run(job("- name: bad\n  if: fromJSON('{')\n  run: echo no"));
    expect(result.step('one', 'bad').conclusion).toBe('failure');
    expect(result.events.filter(({ type }) => type.startsWith('step-')).map(({ type }) => type)).toEqual([
      'step-started',
      'step-finished',
    ]);
  });

  test('a summary above 1 MiB is refused, a smaller one is kept and masked', async () => {
    const result = await run(
      job(`
- name: small
  run: echo "hello hunter22" >> "$GITHUB_STEP_SUMMARY"
- name: big
  run: head -c 1048577 /dev/zero | tr '\\0' x >> "$GITHUB_STEP_SUMMARY"`),
      { secrets: { PASSWORD: 'hunter22' } },
    );
    expect(result.step('one', 'small').summary.trim()).toBe('hello ***');
    expect(result.step('one', 'big').summary).toBe('');
    expect(result.step('one', 'big').conclusion).toBe('success');
    expect(result.step('one', 'big').annotations[0]?.message).toContain('supports content up to a size of 1024k');
  });

  test('hashFiles is the same for the same files, another for others, empty without a match', async () => {
    const result = await run(
      job(`
- run: mkdir a && echo 1 > a/x.lock && echo 1 > y.lock
- run: |
    echo "first \${{ hashFiles('**/*.lock') }}"
    echo "none [\${{ hashFiles('*.none') }}]"
- run: echo 2 > y.lock
- run: echo "then \${{ hashFiles('**/*.lock') }}"`),
    );
    const log = result.log('one');
    const first = /first ([0-9a-f]{64})/.exec(log)?.[1];
    const then = /then ([0-9a-f]{64})/.exec(log)?.[1];
    expect(first).toBeDefined();
    expect(then).toBeDefined();
    expect(then).not.toBe(first);
    expect(log).toContain('none []');
  });

  test('a step that is too slow fails, and nothing of it goes on', async () => {
    const result = await run(
      job('- name: slow\n  timeout-minutes: 1\n  run: |\n    echo "pid $$"\n    exec sleep 60'),
      {
        minuteMs: 400,
        grace: { interruptMs: 50, terminateMs: 50 },
      },
    );
    const slow = result.step('one', 'slow');
    expect(slow.outcome).toBe('failure');
    expect(slow.annotations.at(-1)?.message).toBe("The action 'slow' has timed out after 1 minutes.");
    const pid = Number(/^pid (\d+)/m.exec(result.log('one'))?.[1]);
    expect(pid).toBeGreaterThan(1);
    expect(isRunning(pid)).toBe(false);
  });
});

describe('JavaScript actions', () => {
  test('inputs get their defaults, evaluated; hyphens stay in INPUT_ names', async () => {
    const result = await run(
      job(`
- id: greet
  uses: acme/hospital-ops-actions/greet@v1
  with:
    who: \${{ github.actor }}`),
      {
        suite: action('greet', "output('text', input('greeting-word') + ' ' + input('who') + ' ' + input('status'));", {
          inputs:
            "  who: { description: d, required: true }\n  greeting-word: { description: d, default: hello }\n  status: { description: d, default: '${{ job.status }}' }",
        }),
      },
    );
    expect(result.step('one', 'greet').outputs).toEqual({ text: 'hello alice success' });
  });

  test('state goes from pre to main to post; post parts run last, in reverse order', async () => {
    const body = (name: string) =>
      action(name, `console.log('${name} main ' + process.env.STATE_seed); append('GITHUB_STATE', 'main=${name}');`, {
        extra: '  pre: pre.js\n  post: post.js\n  post-if: success()\n',
        files: {
          'pre.js': `append('GITHUB_STATE', 'seed=${name}-seed');`,
          'post.js': `console.log('${name} post ' + process.env.STATE_seed + ' ' + process.env.STATE_main);`,
        },
      });
    const result = await run(
      job(`
- uses: acme/hospital-ops-actions/a@v1
- uses: acme/hospital-ops-actions/b@v1
- run: echo last`),
      { suite: { ...body('a'), ...body('b') } },
    );
    const lines = result
      .log('one')
      .split('\n')
      .filter((line) => /main|post|last$/.test(line) && !line.startsWith('Run'));
    expect(lines).toEqual([
      'a main a-seed',
      'b main b-seed',
      'echo last',
      'last',
      'b post b-seed b',
      'a post a-seed a',
    ]);
  });

  test('a post part does not run for a step that was skipped', async () => {
    const result = await run(job('- if: false\n  uses: acme/hospital-ops-actions/a@v1'), {
      suite: action('a', '', { extra: '  post: post.js\n', files: { 'post.js': "console.log('posted');" } }),
    });
    expect(result.job('one').steps).toHaveLength(1);
    expect(result.conclusion).toBe('success');
  });

  test('an action that exits with 1 fails its step, and its outputs are there all the same', async () => {
    const result = await run(
      job(`
- id: a
  uses: acme/hospital-ops-actions/a@v1
- if: always()
  run: echo "got \${{ steps.a.outputs.outcome }}"`),
      { suite: action('a', "output('outcome', 'rolled-back'); process.exitCode = 1;") },
    );
    expect(result.conclusion).toBe('failure');
    expect(result.log('one')).toContain('got rolled-back');
  });

  test('an action of the workspace needs a checkout before it', async () => {
    const result = await run(job('- uses: ./tools/local'));
    expect(result.conclusion).toBe('failure');
    expect(result.job('one').steps[0]?.annotations[0]?.message).toContain('Did you forget to run actions/checkout');
  });
});
