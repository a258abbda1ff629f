import { expandMatrix } from '@hospital-ops/rehearsal/runner/matrix';
import { describe, expect, test } from '@jest/globals';
import { job, run } from './sandbox.ts';

describe('expanding a matrix', () => {
  test('include and exclude follow the example of the documentation', () => {
    expect(
      expandMatrix({
        fruit: ['apple', 'pear'],
        animal: ['cat', 'dog'],
        include: [
          { color: 'green' },
          { color: 'pink', animal: 'cat' },
          { fruit: 'apple', shape: 'circle' },
          { fruit: 'banana' },
          { fruit: 'banana', animal: 'cat' },
        ],
      }),
    ).toEqual([
      { fruit: 'apple', animal: 'cat', color: 'pink', shape: 'circle' },
      { fruit: 'apple', animal: 'dog', color: 'green', shape: 'circle' },
      { fruit: 'pear', animal: 'cat', color: 'pink' },
      { fruit: 'pear', animal: 'dog', color: 'green' },
      { fruit: 'banana' },
      { fruit: 'banana', animal: 'cat' },
    ]);
  });

  test('exclude takes away what matches all of its keys', () => {
    expect(expandMatrix({ os: ['a', 'b'], node: [1, 2], exclude: [{ os: 'a', node: 1 }, { os: 'b' }] })).toEqual([
      { os: 'a', node: 2 },
    ]);
  });

  test('a list without values is refused', () => {
    expect(() => expandMatrix({ os: [] })).toThrow('does not contain any values');
  });
});

describe('jobs of a matrix', () => {
  test('each runs with its values, a matrix may come from an output, names tell them apart', async () => {
    const result = await run(`on: push
jobs:
  changes:
    runs-on: ubuntu-latest
    outputs: { matrix: '\${{ steps.s.outputs.matrix }}' }
    steps:
      - id: s
        run: echo 'matrix={"include":[{"name":"api"},{"name":"web"}]}' >> "$GITHUB_OUTPUT"
  build:
    needs: changes
    name: Build
    strategy: { matrix: '\${{ fromJSON(needs.changes.outputs.matrix) }}', max-parallel: 1 }
    runs-on: ubuntu-latest
    outputs: { last: '\${{ matrix.name }}' }
    steps: [{ run: 'echo "\${{ matrix.name }} \${{ strategy.job-index }}/\${{ strategy.job-total }}"' }]
  after:
    needs: build
    runs-on: ubuntu-latest
    steps: [{ run: 'echo "last \${{ needs.build.outputs.last }}"' }]
`);
    expect(result.jobs.map(({ id, name }) => `${id} | ${name}`)).toEqual([
      'changes | changes',
      'build (api) | Build (api)',
      'build (web) | Build (web)',
      'after | after',
    ]);
    expect(result.log('build (web)')).toContain('web 1/2');
    expect(result.log('after')).toContain('last web');
  });

  test('fail-fast cancels the others; without it they go on', async () => {
    const workflow = (failFast: boolean, seconds: number) => `on: push
jobs:
  t:
    strategy: { fail-fast: ${failFast}, matrix: { n: [bad, good] } }
    runs-on: ubuntu-latest
    steps: [{ run: 'if [ \${{ matrix.n }} = bad ]; then exit 1; fi; exec sleep ${seconds}' }]
`;
    const fast = await run(workflow(true, 50));
    expect(fast.job('t (good)').conclusion).toBe('cancelled');
    const slow = await run(workflow(false, 0.1));
    expect(slow.job('t (good)').conclusion).toBe('success');
    expect([fast.conclusion, slow.conclusion]).toEqual(['failure', 'failure']);
  });

  test('max-parallel holds the others back until one has ended', async () => {
    const result = await run(
      job('- run: sleep 0.1', { head: 'strategy: { max-parallel: 1, matrix: { part: [1, 2, 3] } }' }),
    );
    const spans = result.jobs.map(({ startedAt, endedAt }) => [startedAt, endedAt] as const);
    spans.sort((a, b) => a[0] - b[0]);
    expect(spans.every(([start], index) => index === 0 || start >= (spans[index - 1]?.[1] ?? 0))).toBe(true);
    expect(result.conclusion).toBe('success');
  });

  test('a job that may fail counts as a success for the run and for those that need it', async () => {
    const result = await run(`on: push
jobs:
  shaky: { continue-on-error: true, runs-on: ubuntu-latest, steps: [{ run: exit 1 }] }
  after: { needs: shaky, runs-on: ubuntu-latest, steps: [{ run: 'echo "\${{ needs.shaky.result }}"' }] }
`);
    expect(result.conclusion).toBe('success');
    expect(result.job('shaky').conclusion).toBe('failure');
    expect(result.log('after')).toContain('success');
  });

  test('independent jobs run at the same time', async () => {
    const result = await run(`on: push
jobs:
  a: { runs-on: ubuntu-latest, steps: [{ run: sleep 0.5 }] }
  b: { runs-on: ubuntu-latest, steps: [{ run: sleep 0.5 }] }
`);
    const [a, b] = result.jobs;
    expect(Math.max(a?.startedAt ?? 0, b?.startedAt ?? 0)).toBeLessThan(Math.min(a?.endedAt ?? 0, b?.endedAt ?? 0));
  });
});
