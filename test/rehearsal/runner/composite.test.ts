import { describe, expect, test } from '@jest/globals';
import { action, job, run } from './sandbox.ts';

const composite = (name: string, body: string) => ({
  [`${name}/action.yml`]: `name: ${name}\ndescription: d\n${body}`,
});

const SUITE = 'acme/hospital-ops-actions';

describe('a composite action', () => {
  test('has its own inputs and steps, hands out outputs, and shares environment, path and log with the job', async () => {
    const result = await run(
      job(
        `- uses: ${SUITE}/greet@v1
  id: greet
  env: { TITLE: Dr }
  with: { who: Ada }
- run: echo "after [\${{ steps.greet.outputs.text }}] [\${{ steps.say.outputs.text }}] [$LATER] [$TITLE]"`,
      ),
      {
        suite: composite(
          'greet',
          `inputs:
  who: { description: d, required: true }
  greeting: { description: d, default: 'Hello from \${{ github.actor }}' }
outputs:
  text: { description: d, value: '\${{ steps.say.outputs.text }}' }
runs:
  using: composite
  steps:
    - id: say
      shell: bash
      env: { OWN: mine }
      run: |
        echo "text=\${{ inputs.greeting }}, $TITLE \${{ inputs.who }} ($OWN)" >> "$GITHUB_OUTPUT"
        echo "LATER=set" >> "$GITHUB_ENV"
        echo "said in $GITHUB_ACTION_PATH by $GITHUB_ACTION" >> "$GITHUB_STEP_SUMMARY"
    - shell: sh
      run: echo "next sees [$LATER] [$OWN] [\${{ env.TITLE }}] [\${{ secrets.x }}]"
`.replace(' [${{ secrets.x }}]', ''),
        ),
      },
    );
    expect(result.conclusion).toBe('success');
    expect(result.log('one')).toContain('next sees [set] [] [Dr]');
    expect(result.log('one')).toContain('after [Hello from alice, Dr Ada (mine)] [] [set] []');
    expect(result.job('one').steps.map(({ name }) => name)).toEqual([
      `Run ${SUITE}/greet@v1`,
      expect.stringContaining('Run echo "after'),
    ]);
    expect(result.step('one', 'greet').summary).toMatch(/said in .*\/suite\/greet by say/);
  });

  test('its steps are skipped after one that failed, unless they say otherwise; outcome and conclusion are as on GitHub', async () => {
    const result = await run(
      job(`- uses: ${SUITE}/breaks@v1
  id: breaks
  continue-on-error: true
- run: exit 1
- if: always()
  uses: ${SUITE}/breaks@v1
- if: always()
  run: echo "\${{ steps.breaks.outcome }} \${{ steps.breaks.conclusion }} [\${{ steps.breaks.outputs.o }}]"`),
      {
        suite: composite(
          'breaks',
          `outputs: { o: { description: d, value: "\${{ steps.tolerated.outcome }}-\${{ steps.tolerated.conclusion }}" } }
runs:
  using: composite
  steps:
    - { id: tolerated, run: 'exit 3', shell: bash, continue-on-error: true }
    - { run: 'echo "runs though the job failed"', shell: bash }
    - { run: 'exit 4', shell: bash }
    - { run: 'echo never', shell: bash }
    - { run: 'echo "on failure"', shell: bash, if: failure() }
    - { run: 'echo "always"', shell: bash, if: always() }
`,
        ),
      },
    );
    expect(result.conclusion).toBe('failure');
    const log = result.log('one');
    expect(log).toContain('failure success [failure-success]');
    expect(log).not.toMatch(/^never$/m);
    // Twice: its status starts anew, whatever the job's is.
    for (const line of ['runs though the job failed', 'on failure', 'always']) {
      expect(log.split('\n').filter((one) => one === line)).toHaveLength(2);
    }
    expect(result.step('one', 'breaks').annotations.map(({ message }) => message)).toEqual([
      'Process completed with exit code 3.',
      'Process completed with exit code 4.',
    ]);
  });

  test('uses others, whose `$/` is their own repository, and runs their pre and post parts around the job', async () => {
    const result = await run(
      job(`- run: echo first
- uses: ${SUITE}/outer@v1
- run: echo last`),
      {
        suite: {
          ...composite('outer', 'runs:\n  using: composite\n  steps: [{ uses: $/inner, with: { word: deep } }]\n'),
          ...composite(
            'inner',
            "inputs: { word: { description: d } }\nruns:\n  using: composite\n  steps: [{ uses: $/leaf, with: { word: '${{ inputs.word }}er' } }]\n",
          ),
          ...action(
            'leaf',
            'append("GITHUB_STATE", "kept=" + input("word")); console.log("leaf main " + input("word"));',
            {
              inputs: '  word: { description: d }',
              extra: '  pre: pre.js\n  post: post.js\n',
              files: {
                'pre.js': 'console.log("leaf pre " + input("word"));',
                'post.js': 'console.log("leaf post " + process.env.STATE_kept);',
              },
            },
          ),
        },
      },
    );
    expect(result.conclusion).toBe('success');
    expect(result.log('one').match(/^(first|last|leaf .*)$/gm)).toEqual([
      'leaf pre deeper',
      'first',
      'leaf main deeper',
      'last',
      'leaf post deeper',
    ]);
  });

  test('of the workspace is read when its step starts', async () => {
    const result = await run(
      job(`- run: |
    mkdir -p tools/x
    printf 'name: x\\ndescription: d\\nruns:\\n  using: composite\\n  steps: [{ run: echo from the workspace, shell: bash }]\\n' > tools/x/action.yml
- uses: ./tools/x`),
    );
    expect(result.log('one')).toContain('\nfrom the workspace');
    expect(result.conclusion).toBe('success');
  });

  test('is cancelled with its job, and its always() steps still run', async () => {
    const result = await run(
      job(`- uses: ${SUITE}/slow@v1
  id: slow`),
      {
        cancelAt: 'slow',
        suite: composite(
          'slow',
          `runs:
  using: composite
  steps:
    - { run: 'echo started; exec sleep 30', shell: bash }
    - { run: 'echo never', shell: bash }
    - { run: 'echo cleaned up', shell: bash, if: always() }
`,
        ),
      },
    );
    expect(result.conclusion).toBe('cancelled');
    expect(result.step('one', 'slow').outcome).toBe('cancelled');
    expect(result.log('one')).toMatch(/^cleaned up$/m);
    expect(result.log('one')).not.toMatch(/^never$/m);
  });

  test('that uses itself without end is refused', async () => {
    const suite = composite('loop', 'runs:\n  using: composite\n  steps: [{ uses: $/loop }]\n');
    await expect(run(job(`- uses: ${SUITE}/loop@v1`), { suite })).rejects.toThrow('more than 10 levels deep');
  });
});

describe('the shell of a step', () => {
  test('may be python, or any program with {0} for the script', async () => {
    const result = await run(
      job(`- run: print(6 * 7)
  shell: python
- run: echo "$0 $-"
  shell: bash -u {0}`),
    );
    expect(result.conclusion).toBe('success');
    expect(result.log('one')).toMatch(/^42$/m);
    expect(result.log('one')).toMatch(/_temp\/\S+ \S*u/);
  });

  test('is refused when it is none', async () => {
    await expect(run(job('- run: a\n  shell: zsh'))).rejects.toThrow("a command with '{0}' is expected");
  });
});
