import { passesPatterns } from '@hospital-ops/rehearsal/runner/filter-pattern';
import type { RunOptions } from '@hospital-ops/rehearsal/runner/run-workflow';
import { describe, expect, test } from '@jest/globals';
import type { Files } from './sandbox.ts';
import { action, job, run } from './sandbox.ts';

const refusal = async (workflow: string, options: Partial<RunOptions> & { files?: Files; suite?: Files } = {}) => {
  const events: unknown[] = [];
  try {
    await run(workflow, { ...options, listener: (event) => events.push(event) });
  } catch (error) {
    // Refused before anything ran.
    expect(events).toEqual([]);
    expect(error).toMatchObject({ name: 'WorkflowError' });
    return (error as Error).message;
  }
  throw new Error('it was not refused');
};

const GREET = action('greet', '', {
  inputs: '  greeting: { description: d, required: true }\n  who: { description: d, default: world }',
});

describe('a workflow that cannot run is refused before anything runs, with file, line and a sentence', () => {
  test.each<[string, string, string]>([
    [
      'YAML that does not parse',
      'on: push\njobs:\n  a:\n    runs-on: x\n   steps: [\n',
      'main.yml:5: All mapping items must start at the same column.',
    ],
    [
      'an unknown key',
      'on: push\njobs:\n  a:\n    runs-on: x\n    stepz: []\n',
      "main.yml:5: Unexpected value 'stepz'.",
    ],
    ['a wrong expression', job('- run: echo ${{ github.sha'), 'main.yml:7: '],
    ['an unknown function', job('- run: echo ${{ nope() }}'), "main.yml:7: Unrecognized function: 'nope'."],
    [
      'a need that does not exist',
      'on: push\njobs:\n  a: { needs: b, runs-on: x, steps: [{ run: a }] }\n',
      'main.yml:',
    ],
    ['a container', job('- run: a', { head: 'container: node:24' }), '`container` of a job is not supported'],
    ['a background step', job('- run: a\n  background: true'), "main.yml:8: Unexpected value 'background'."],
    ['a container action', job('- uses: docker://alpine:3'), '`uses: docker://alpine:3` is not supported'],
    ['another shell', job('- run: a\n  shell: pwsh'), 'main.yml:8: `shell: pwsh` is not supported'],
    [
      'another system',
      'on: push\njobs:\n  a: { runs-on: windows-latest, steps: [{ run: a }] }\n',
      '`runs-on: windows-latest`',
    ],
    [
      'a workflow that is not there',
      'on: push\njobs:\n  a: { uses: ./.github/workflows/none.yml }\n',
      'The workflow ".github/workflows/none.yml" does not exist in acme/hospital.',
    ],
    [
      'a repository that is not here',
      'on: push\njobs:\n  a: { uses: other/repo/.github/workflows/x.yml@v1 }\n',
      'the workflow "other/repo/.github/workflows/x.yml@v1" is not supported',
    ],
  ])('%s', async (_, workflow, message) => {
    expect(await refusal(workflow)).toContain(message);
  });

  test('an action without a stand-in is named, with what the table has', async () => {
    const standIns = [{ uses: 'actions/checkout', replaces: '', inputs: {}, run: async () => ({}) }];
    expect(await refusal(job('- run: a\n- uses: vendor/thing@v3'), { standIns })).toBe(
      '.github/workflows/main.yml:8: the action "vendor/thing@v3" is not supported by the rehearsal; there are stand-ins for actions/checkout.',
    );
  });

  test('an action of the suite that does not exist', async () => {
    expect(await refusal(job('- uses: acme/hospital-ops-actions/grete@v1'), { suite: GREET })).toContain(
      'is no action: there is no action.yml in "grete"',
    );
  });

  test('an input that the action does not have, with the nearest name', async () => {
    const workflow = job('- uses: acme/hospital-ops-actions/greet@v1\n  with:\n    greeting: hi\n    whom: you');
    expect(await refusal(workflow, { suite: GREET })).toBe(
      '.github/workflows/main.yml:10: "whom" is no input of acme/hospital-ops-actions/greet@v1; did you mean "who"?',
    );
  });

  test('what a composite action uses, by the file that says it', async () => {
    const suite = {
      'mix/action.yml': 'name: m\ndescription: d\nruns:\n  using: composite\n  steps: [{ uses: vendor/thing@v3 }]\n',
      '.github/workflows/called.yml':
        'on: workflow_call\njobs:\n  leaf: { runs-on: ubuntu-latest, steps: [{ uses: $/mix }] }\n',
    };
    const call = 'on: push\njobs:\n  call: { uses: acme/hospital-ops-actions/.github/workflows/called.yml@v1 }\n';
    expect(await refusal(call, { suite })).toBe(
      'acme/hospital-ops-actions/mix/action.yml:5: the action "vendor/thing@v3" is not supported by the rehearsal; there are stand-ins for none.',
    );
  });

  test('an action for another runtime', async () => {
    const suite = {
      'old/action.yml': 'name: m\ndescription: d\nruns:\n  using: node20\n  main: index.js\n',
      'old/index.js': '',
    };
    expect(await refusal(job('- uses: acme/hospital-ops-actions/old@v1'), { suite })).toContain(
      'acme/hospital-ops-actions/old/action.yml:4: `using: node20` is not supported',
    );
  });

  test('a required input that is missing', async () => {
    expect(await refusal(job('- uses: acme/hospital-ops-actions/greet@v1'), { suite: GREET })).toBe(
      '.github/workflows/main.yml:7: "greeting" is a required input of acme/hospital-ops-actions/greet@v1, and it is not given.',
    );
  });

  const CALLED = {
    '.github/workflows/called.yml': `on:
  workflow_call:
    inputs:
      environment: { type: string, required: true }
      dry-run: { type: boolean }
    secrets:
      webhook-url: { required: true }
jobs:
  leaf: { runs-on: ubuntu-latest, steps: [{ run: echo }] }
`,
  };
  test.each([
    [
      'with: { environment: a, enviroment: b }\n    secrets: inherit',
      '"enviroment" is no input of .github/workflows/called.yml; did you mean "environment"?',
    ],
    ['secrets: inherit', '"environment" is a required input of .github/workflows/called.yml, and it is not given.'],
    [
      'with: { environment: a, dry-run: "yes" }\n    secrets: inherit',
      'The input "dry-run" is "yes"; a boolean is expected.',
    ],
    [
      'with: { environment: a }',
      '"webhook-url" is a required secret of .github/workflows/called.yml, and it is not given.',
    ],
    [
      'with: { environment: a }\n    secrets: { webhook-url: x, webhook: y }',
      '"webhook" is no secret of .github/workflows/called.yml',
    ],
  ])('a call with %j', async (call, message) => {
    const workflow = `on: push\njobs:\n  call:\n    uses: ./.github/workflows/called.yml\n    ${call}\n`;
    expect(await refusal(workflow, { files: CALLED })).toContain(message);
  });

  test('a workflow that cannot be called', async () => {
    const files = { '.github/workflows/called.yml': job('- run: a') };
    expect(await refusal('on: push\njobs:\n  call: { uses: ./.github/workflows/called.yml }\n', { files })).toContain(
      'it has no `on: workflow_call`',
    );
  });

  test('an expression that cannot be evaluated once it runs fails its step and names its place', async () => {
    const result = await run(job("- name: bad\n  run: echo ${{ fromJSON('{') }}"));
    expect(result.step('one', result.job('one').steps[0]?.name ?? '').annotations[0]?.message).toContain(
      '.github/workflows/main.yml:8: The expression',
    );
    expect(result.conclusion).toBe('failure');
  });
});

describe('triggers', () => {
  const pushOf = (...changedFiles: string[]) => ({ event: { name: 'push', payload: {}, changedFiles } });
  const pullTo = (ref: string, action = 'opened') => ({
    event: { name: 'pull_request', payload: { action, pull_request: { base: { ref } } }, changedFiles: ['a'] },
  });
  const tag = { ref: 'refs/tags/v1.1.0', refType: 'tag' } as const;
  test.each<[string, Partial<RunOptions>]>([
    ['push', {}],
    ['{ push: { branches: [main, "releases/**"] } }', {}],
    ['{ push: { tags: ["v[0-9]+.[0-9]+.[0-9]+"] } }', tag],
    ['{ push: { tags: ["v*", "!*-rc"] } }', tag],
    ['[push, pull_request]', {}],
    ['{ push: { paths: ["apps/**", "!**.md"] } }', pushOf('apps/a.md', 'apps/a.ts')],
    ['{ push: { paths-ignore: ["docs/**"] } }', pushOf('docs/a', 'src/b')],
    ['{ pull_request: { branches: [main], paths: [a] } }', pullTo('main')],
  ])('on: %s is started', async (on, event) => {
    expect((await run(job('- run: echo', { on }), event)).conclusion).toBe('success');
  });

  test.each<[string, Partial<RunOptions>, string]>([
    ['workflow_dispatch', {}, 'The event "push" does not start this workflow; it starts at workflow_dispatch.'],
    ['{ push: { branches: [main] } }', tag, 'it starts at branches alone, not at the tag "v1.1.0"'],
    ['{ push: { tags: ["v2.*"] } }', tag, 'it starts at tags "v2.*", not at "v1.1.0"'],
    ['{ push: { branches-ignore: [main] } }', {}, 'it ignores branches "main"'],
    ['{ push: { paths: [a] } }', {}, '`paths` of an event without its changed files is not supported'],
    ['{ push: { paths: ["apps/**", "!**.md"] } }', pushOf('apps/a.md'), 'no changed file is among its paths "apps/**"'],
    [
      '{ push: { paths-ignore: ["docs/**"] } }',
      pushOf('docs/a', 'docs/b'),
      'every changed file is among the paths that',
    ],
    ['{ pull_request: { branches: [main] } }', pullTo('side'), 'it starts at branches "main", not at "side"'],
    ['pull_request', pullTo('main', 'closed'), 'types are "opened", "synchronize", "reopened"'],
  ])('on: %s is not started, and the error says why', async (on, event, message) => {
    expect(await refusal(job('- run: echo', { on }), event)).toContain(message);
  });

  test.each<[string, readonly string[], boolean]>([
    ['feature/a', ['feature/*'], true],
    ['feature/a/b', ['feature/*'], false],
    ['feature/a/b', ['feature/**'], true],
    ['releases/10', ['releases/**', '!releases/**-alpha'], true],
    ['releases/10-alpha', ['releases/**', '!releases/**-alpha'], false],
    ['v1.10.1', ['v[12].[0-9]+.[0-9]+'], true],
    ['v3.0.0', ['v[12].[0-9]+.[0-9]+'], false],
    ['vX1', ['v.1'], false],
  ])('%j against %j: %j', (name, patterns, expected) => {
    expect(passesPatterns(name, patterns)).toBe(expected);
  });

  const DISPATCH = `on:
  workflow_dispatch:
    inputs:
      environment: { type: choice, options: [staging, production], required: true }
      force: { type: boolean, default: false }
      count: { type: number, default: 2 }
jobs:
  one: { runs-on: ubuntu-latest, steps: [{ run: 'echo "\${{ inputs.environment }} \${{ inputs.force == true }} \${{ inputs.count + 0 == 0 }}"' }] }
`.replace(' ${{ inputs.count + 0 == 0 }}', ' ${{ inputs.count == 2 }}');
  const dispatch = (inputs: Record<string, unknown>) => ({ event: { name: 'workflow_dispatch', payload: { inputs } } });

  test('inputs of a manual run have their types', async () => {
    const result = await run(DISPATCH, dispatch({ environment: 'staging', force: 'true' }));
    expect(result.log('one')).toContain('staging true true');
  });

  test.each([
    [{}, 'The input "environment" is required, and it is not given. Next: --input environment=…'],
    [{ environment: 'prod' }, 'The input "environment" is "prod"; one of staging, production is expected.'],
    [{ environment: 'staging', forced: 'true' }, '"forced" is no input of this workflow; did you mean "force"?'],
    [{ environment: 'staging', count: '3x' }, 'The input "count" is "3x"; a number is expected.'],
  ])('a manual run with %j is refused', async (inputs, message) => {
    expect(await refusal(DISPATCH, dispatch(inputs))).toContain(message);
  });
});
