import type { StandIn } from '@hospital-ops/rehearsal/runner/stand-in';
import { describe, expect, test } from '@jest/globals';
import { action, run } from './sandbox.ts';

const SUITE = 'acme/hospital-ops-actions/.github/workflows';

describe('reusable workflows', () => {
  test('outputs come up through three levels, inputs and secrets go down', async () => {
    const result = await run(
      `on: push
jobs:
  top:
    uses: ${SUITE}/middle.yml@v1
    with: { name: ward }
    secrets: { deep-secret: '\${{ secrets.TOP }}' }
  after:
    needs: top
    runs-on: ubuntu-latest
    steps:
      - run: echo "got \${{ needs.top.outputs.result }} \${{ needs.top.result }}"
`,
      {
        secrets: { TOP: 'top-secret-value' },
        suite: {
          '.github/workflows/middle.yml': `on:
  workflow_call:
    inputs: { name: { type: string, required: true } }
    secrets: { deep-secret: { required: true } }
    outputs:
      result: { description: d, value: '\${{ jobs.call.outputs.result }}!' }
jobs:
  call:
    uses: $/.github/workflows/inner.yml
    with: { name: '\${{ inputs.name }}-2', count: 3 }
    secrets: inherit
`,
          '.github/workflows/inner.yml': `on:
  workflow_call:
    inputs:
      name: { type: string }
      count: { type: number, default: 1 }
      flag: { type: boolean }
    secrets: { deep-secret: { required: true } }
    outputs:
      result: { value: '\${{ jobs.leaf.outputs.result }}' }
jobs:
  leaf:
    runs-on: ubuntu-latest
    outputs: { result: '\${{ steps.s.outputs.result }}' }
    steps:
      - id: s
        uses: $/say
        with:
          text: \${{ inputs.name }} \${{ inputs.count }} \${{ inputs.flag }}
          secret: \${{ secrets.deep-secret }}
      - run: echo "\${{ job.workflow_repository }} \${{ job.workflow_sha }} \${{ github.workflow_ref }}"
`,
          ...action('say', "output('result', input('text') + ' ' + input('secret').length);", {
            inputs: '  text: { description: d }\n  secret: { description: d }',
          }),
        },
      },
    );
    expect(result.conclusion).toBe('success');
    expect(result.jobs.map(({ id }) => id)).toEqual(['top / call / leaf', 'after']);
    expect(result.log('after')).toContain('got ward-2 3 false 16! success');
    expect(result.log('top / call / leaf')).toContain(
      `acme/hospital-ops-actions ${'b'.repeat(40)} acme/hospital/.github/workflows/main.yml@refs/heads/main`,
    );
  });

  test('a called workflow that fails fails its caller, and what needs it is skipped', async () => {
    const result = await run(
      `on: push
jobs:
  call: { uses: ./.github/workflows/called.yml }
  after:
    needs: call
    runs-on: ubuntu-latest
    steps: [{ run: echo no }]
  notify:
    needs: [call, after]
    if: always()
    runs-on: ubuntu-latest
    steps: [{ run: 'echo "told \${{ needs.call.result }} \${{ needs.after.result }}"' }]
`,
      {
        files: {
          '.github/workflows/called.yml':
            'on: workflow_call\njobs:\n  breaks: { runs-on: ubuntu-latest, steps: [{ run: exit 1 }] }\n',
        },
      },
    );
    expect(result.conclusion).toBe('failure');
    expect(result.job('after').conclusion).toBe('skipped');
    expect(result.log('notify')).toContain('told failure skipped');
  });

  test('a job after a skipped one is skipped too, through the whole chain, unless it says always()', async () => {
    const result = await run(`on: push
jobs:
  a: { if: false, runs-on: ubuntu-latest, steps: [{ run: echo a }] }
  b: { needs: a, if: always(), runs-on: ubuntu-latest, steps: [{ run: echo b }] }
  c: { needs: b, runs-on: ubuntu-latest, steps: [{ run: echo c }] }
`);
    expect(result.jobs.map(({ id, conclusion }) => `${id} ${conclusion}`).sort()).toEqual([
      'a skipped',
      'b success',
      'c skipped',
    ]);
    expect(result.conclusion).toBe('success');
  });

  test('secrets go to a called workflow only when they are passed', async () => {
    const result = await run(
      `on: push
jobs:
  call: { uses: ./.github/workflows/called.yml }
`,
      {
        secrets: { TOP: 'top-secret-value' },
        files: {
          '.github/workflows/called.yml':
            'on: workflow_call\njobs:\n  see: { runs-on: ubuntu-latest, steps: [{ run: \'echo "[${{ secrets.TOP }}] ${{ secrets.GITHUB_TOKEN != 0 }}"\' }] }\n',
        },
      },
    );
    expect(result.log('call / see')).toContain('[] true');
  });
});

describe('permissions', () => {
  const seen: Array<Readonly<Record<string, string>>> = [];
  const oidc: StandIn = {
    uses: 'vendor/oidc',
    replaces: 'notes what the token may do.',
    inputs: {},
    run: async (step) => {
      seen.push(step.permissions);
      if (step.permissions['id-token'] !== 'write') throw new Error('no OIDC token');
      return {};
    },
  };
  const called = (permissions: string) => ({
    '.github/workflows/called.yml': `on: workflow_call
jobs:
  leaf:
    runs-on: ubuntu-latest${permissions}
    steps: [{ uses: vendor/oidc@v1 }]
`,
  });
  const main = (permissions: string) => `on: push
permissions: {}
jobs:
  call:
    uses: ./.github/workflows/called.yml${permissions}
`;

  test("the caller's permissions hold for a called workflow that names none", async () => {
    const result = await run(main('\n    permissions: { id-token: write, contents: read }'), {
      files: called(''),
      standIns: [oidc],
    });
    expect(result.conclusion).toBe('success');
    expect(seen.at(-1)).toEqual({ 'id-token': 'write', contents: 'read' });
  });

  test('without id-token: write a stand-in can refuse the job', async () => {
    const result = await run(main(''), { files: called(''), standIns: [oidc] });
    expect(result.step('call / leaf', 'Run vendor/oidc@v1').annotations[0]?.message).toBe('no OIDC token');
    expect(result.conclusion).toBe('failure');
  });

  test('a called workflow that asks for more than its caller has is refused before anything runs', async () => {
    await expect(
      run(main(''), { files: called('\n    permissions: { id-token: write }'), standIns: [oidc] }),
    ).rejects.toMatchObject({
      name: 'WorkflowError',
      file: '.github/workflows/main.yml',
      line: 4,
      message: expect.stringContaining(
        'asks for `id-token: write`, but the calling job is only allowed `id-token: none`',
      ),
    });
  });
});

describe('environments', () => {
  test('name and url are told, and secrets of the environment are there', async () => {
    const result = await run(
      `on: push
jobs:
  one:
    runs-on: ubuntu-latest
    environment: { name: production, url: '\${{ steps.s.outputs.url }}', deployment: false }
    steps:
      - id: s
        run: echo "url=https://example.org" >> "$GITHUB_OUTPUT"
      - run: test '\${{ secrets.KEY }} \${{ vars.REGION }}' = "$(printf 'production-%s eu' key)"
`,
      { environments: { production: { secrets: { KEY: 'production-key' }, vars: { REGION: 'eu' } } } },
    );
    expect(result.conclusion).toBe('success');
    expect(result.job('one').environment).toEqual({
      name: 'production',
      url: 'https://example.org',
      deployment: false,
    });
  });
});
