import { describe, expect, test } from '@jest/globals';
import { action, isRunning, job, run } from './sandbox.ts';

const GRACE = { interruptMs: 300, terminateMs: 200 };

/** Says that it is at work, then waits; at SIGINT it writes an output and ends. */
const PATIENT = `process.on('SIGINT', () => { output('outcome', 'cancelled'); console.log('cleaned up'); process.exit(0); });
setTimeout(() => {}, 60000);
console.log('at work');`;

describe('cancelling a run', () => {
  test('the running step gets SIGINT and cleans up; always() and cancelled() steps still run, others do not', async () => {
    const result = await run(
      job(`
- id: deploy
  name: Deploy
  uses: acme/hospital-ops-actions/wait@v1
- name: default
  run: echo no
- name: failure
  if: failure()
  run: echo no
- name: always
  if: always()
  run: echo "outcome \${{ steps.deploy.outputs.outcome }} \${{ steps.deploy.outcome }} \${{ job.status }}"
- name: cancelled
  if: cancelled()
  run: echo yes`),
      { suite: action('wait', PATIENT), cancelAt: 'Deploy' },
    );
    expect(result.conclusion).toBe('cancelled');
    expect(result.job('one').steps.map(({ name, conclusion }) => `${name} ${conclusion}`)).toEqual([
      'Deploy cancelled',
      'default skipped',
      'failure skipped',
      'always success',
      'cancelled success',
    ]);
    expect(result.log('one')).toContain('cleaned up');
    expect(result.log('one')).toContain('outcome cancelled cancelled cancelled');
    expect(result.leftovers).toEqual([]);
  });

  test('a process that hears neither SIGINT nor SIGTERM is killed with all that it started', async () => {
    const stubborn = `import { spawn } from 'node:child_process';
const child = spawn(process.execPath, ['-e', "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000);"], { stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => console.log('heard ' + signal));
setInterval(() => {}, 1000);
console.log('child ' + child.pid);`;
    const result = await run(job('- id: deploy\n  uses: acme/hospital-ops-actions/wait@v1'), {
      suite: action('wait', stubborn),
      cancelAt: 'one/deploy',
      grace: GRACE,
    });
    const log = result.log('one');
    expect(log).toMatch(/heard SIGINT[\s\S]*heard SIGTERM/);
    const child = Number(/child (\d+)/.exec(log)?.[1]);
    expect(child).toBeGreaterThan(1);
    expect(isRunning(child)).toBe(false);
    expect(result.step('one', 'deploy').conclusion).toBe('cancelled');
  });

  test('jobs with if: always() go on, those that wait are skipped', async () => {
    const result = await run(
      `on: push
jobs:
  work:
    runs-on: ubuntu-latest
    steps: [{ name: Work, uses: acme/hospital-ops-actions/wait@v1 }]
  after:
    needs: work
    runs-on: ubuntu-latest
    steps: [{ run: echo no }]
  notify:
    needs: [work, after]
    if: always()
    runs-on: ubuntu-latest
    steps: [{ run: 'echo "told \${{ needs.work.result }}"' }]
`,
      { suite: action('wait', PATIENT), cancelAt: 'Work' },
    );
    expect(result.conclusion).toBe('cancelled');
    expect(result.job('after').conclusion).toBe('skipped');
    expect(result.log('notify')).toContain('told cancelled');
  });

  test('the user can cancel by signal; a called workflow is cancelled with its caller', async () => {
    const controller = new AbortController();
    const result = await run('on: push\njobs:\n  call: { uses: ./.github/workflows/called.yml }\n', {
      signal: controller.signal,
      listener: (event) => {
        if (event.type === 'log' && event.text === 'at work') controller.abort();
      },
      files: {
        '.github/workflows/called.yml':
          'on: workflow_call\njobs:\n  leaf: { runs-on: ubuntu-latest, steps: [{ uses: acme/hospital-ops-actions/wait@v1 }] }\n',
      },
      suite: action('wait', PATIENT),
    });
    expect(result.conclusion).toBe('cancelled');
    expect(result.log('call / leaf')).toContain('cleaned up');
  });

  test('a job that takes too long is cancelled, as on GitHub', async () => {
    const result = await run(
      job('- name: slow\n  run: exec sleep 60\n- name: always\n  if: always()\n  run: echo yes', {
        head: 'timeout-minutes: 1',
      }),
      {
        minuteMs: 150,
        grace: GRACE,
      },
    );
    expect(result.job('one').conclusion).toBe('cancelled');
    expect(result.step('one', 'always').conclusion).toBe('success');
    expect(result.job('one').annotations[0]?.message).toContain('exceeded the maximum execution time of 1 minutes');
  });

  test('what a step leaves running in the background ends with its job', async () => {
    const result = await run(job('- run: |\n    sleep 60 > /dev/null 2>&1 &\n    echo "pid $!"'));
    const pid = Number(/pid (\d+)/.exec(result.log('one'))?.[1]);
    expect(result.conclusion).toBe('success');
    expect(pid).toBeGreaterThan(1);
    expect(isRunning(pid)).toBe(false);
  });

  test('a step to cancel at that does not exist is refused with the names that do', async () => {
    await expect(run(job('- name: Build\n  run: echo'), { cancelAt: 'Biuld' })).rejects.toThrow(
      'There is no step "Biuld"; steps are Build.',
    );
  });
});

describe('concurrency', () => {
  test('jobs of one group run one after the other, with queue: max all of them', async () => {
    const result = await run(`on: push
jobs:
  deploy:
    strategy: { matrix: { n: [1, 2, 3] } }
    concurrency: { group: production, queue: max }
    runs-on: ubuntu-latest
    steps: [{ run: sleep 0.05 }]
`);
    expect(result.conclusion).toBe('success');
    const spans = result.jobs.map(({ startedAt, endedAt }) => [startedAt, endedAt]).sort(([a = 0], [b = 0]) => a - b);
    for (const [index, [start = 0]] of spans.entries()) {
      if (index > 0) expect(start).toBeGreaterThanOrEqual(spans[index - 1]?.[1] ?? 0);
    }
  });

  test('without a queue a newer one takes the place of the one that waits', async () => {
    const result = await run(`on: push
jobs:
  deploy:
    strategy: { fail-fast: false, matrix: { n: [1, 2, 3] } }
    concurrency: production
    runs-on: ubuntu-latest
    steps: [{ run: sleep 0.05 }]
`);
    expect(result.jobs.map(({ conclusion }) => conclusion).sort()).toEqual(['cancelled', 'success', 'success']);
  });

  test('with cancel-in-progress the running one makes way', async () => {
    const concurrency = 'concurrency: { group: g, cancel-in-progress: true }';
    const result = await run(`on: push
jobs:
  older: { runs-on: ubuntu-latest, ${concurrency}, steps: [{ run: exec sleep 30 }] }
  newer: { runs-on: ubuntu-latest, ${concurrency}, steps: [{ run: echo }] }
`);
    expect(result.job('older').conclusion).toBe('cancelled');
    expect(result.job('older').annotations[0]?.message).toContain("waiting request for 'g' exists");
    expect(result.job('newer').conclusion).toBe('success');
  });

  test('a group that the caller holds is a deadlock, and is cancelled', async () => {
    const result = await run(
      'on: push\nconcurrency: deploy\njobs:\n  call: { uses: ./.github/workflows/called.yml }\n',
      {
        files: {
          '.github/workflows/called.yml':
            'on: workflow_call\njobs:\n  leaf: { concurrency: DEPLOY, runs-on: ubuntu-latest, steps: [{ run: echo }] }\n',
        },
      },
    );
    expect(result.job('call / leaf').annotations[0]?.message).toContain("deadlock for concurrency group 'DEPLOY'");
    expect(result.conclusion).toBe('cancelled');
  });
});

describe('letting a step fail', () => {
  const text = `on: push
jobs:
  one:
    name: One (\${{ matrix.n }})
    strategy: { fail-fast: false, matrix: { n: [1, 2] } }
    runs-on: ubuntu-latest
    steps:
      - { id: work, name: Work, run: echo at work }
      - { if: failure(), run: 'echo "went \${{ steps.work.outcome }}"' }
`;

  test.each([
    ['Work', ['failure', 'failure']],
    ['one/work', ['failure', 'failure']],
    ['One (2)/work', ['success', 'failure']],
    ['one (1)/Work', ['failure', 'success']],
  ])('%s does nothing of what it does', async (named, conclusions) => {
    const result = await run(text, { failAt: [named] });
    const jobs = result.jobs.toSorted((a, b) => a.name.localeCompare(b.name));
    expect(jobs.map(({ conclusion }) => conclusion)).toEqual(conclusions);
    const failed = jobs.filter(({ conclusion }) => conclusion === 'failure');
    for (const { steps } of failed) {
      expect(steps[0]?.annotations.map(({ message }) => message)).toEqual([
        `"${named}" failed as it was told to, in the place of what it does.`,
      ]);
      expect(steps.flatMap(({ log }) => log.map((line) => line.text))).toEqual(
        expect.arrayContaining(['went failure']),
      );
      expect(steps.flatMap(({ log }) => log.map((line) => line.text))).not.toContain('at work');
    }
  });
});
