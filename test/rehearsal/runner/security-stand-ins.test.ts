import { createStandIns } from '@hospital-ops/rehearsal/runner/stand-ins/table';
import { describe, expect, test } from '@jest/globals';
import { job, run } from './sandbox.ts';

const standIns = createStandIns();
const steps = (text: string, head = '', payload = {}) =>
  run(job(text, { head, on: '[push, pull_request]' }), { standIns, ...payload });

const WRITE = 'permissions: { contents: read, security-events: write, id-token: write, attestations: write }';
const annotated = (result: Awaited<ReturnType<typeof run>>, index: number) =>
  result.job('one').steps[index]?.annotations.map(({ message }) => message)[0];

describe('trivy-action and upload-sarif', () => {
  const scan = (content: string, exit: string) =>
    steps(
      `- run: mkdir -p src out && echo nothing > src/a && echo "$CONTENT" > src/b
  env: { CONTENT: "${content}" }
- uses: aquasecurity/trivy-action@v0
  with: { scan-type: fs, scan-ref: src, scanners: 'vuln,secret', format: sarif, output: out/x.sarif, exit-code: '${exit}' }
- uses: github/codeql-action/upload-sarif@v4
  id: upload
  if: always()
  with: { sarif_file: out }
- if: always()
  run: 'cat out/x.sarif; echo "id [\${{ steps.upload.outputs.sarif-id }}]"'`,
      WRITE,
    );

  test('a secret of a well-known form is found, reported and fails the step as exit-code asks', async () => {
    const found = await scan(`key = ${'AKIA'}${'ABCDEFGHIJ234567'}`, '1');
    expect(found.conclusion).toBe('failure');
    expect(annotated(found, 1)).toBe('Process completed with exit code 1.');
    expect(found.log('one')).toContain('"ruleId": "aws-access-key-id"');
    expect(found.log('one')).toMatch(/id \[[0-9a-f]{32}\]/);
    expect((await scan(`key = ${'AKIA'}${'ABCDEFGHIJ234567'}`, '0')).conclusion).toBe('success');
    expect((await scan('AKIA is a prefix', '1')).conclusion).toBe('success');
  });

  test.each<[string, string, string, string]>([
    ['a report that is not there', 'sarif_file: none', WRITE, 'Path does not exist: none'],
    ['a report that is none', 'sarif_file: bad', WRITE, 'Invalid SARIF. Version undefined is not 2.1.0.'],
    ['a job without the permission', 'sarif_file: bad', '', 'no `security-events: write`'],
  ])('%s is not uploaded', async (_, inputs, head, message) => {
    const result = await steps(
      `- run: echo '{}' > bad\n- uses: github/codeql-action/upload-sarif@v4\n  with: { ${inputs} }`,
      head,
    );
    expect(annotated(result, 1)).toContain(message);
  });

  test.each([true, false])(
    'the run is asked for, which a token needs a permission for where private is %s',
    async (isPrivate) => {
      const event = { name: 'push', payload: { ref: 'refs/heads/main', repository: { private: isPrivate } } };
      const text = `- run: echo '{"version":"2.1.0","runs":[]}' > good
- uses: github/codeql-action/upload-sarif@v4
  with: { sarif_file: good }`;
      const result = await steps(text, WRITE, { event });
      expect(annotated(result, 1)).toEqual(isPrivate ? expect.stringContaining('no `actions: read`') : undefined);
      const allowed = await steps(text, WRITE.replace('{', '{ actions: read,'), { event });
      expect(allowed.conclusion).toBe('success');
    },
  );
});

test.each<[string, string, string, string]>([
  [
    'actions/dependency-review-action',
    'fail-on-severity: severe',
    '',
    'fail-on-severity is "severe"; low, moderate, high or critical is expected.',
  ],
  ['actions/dependency-review-action', 'fail-on-severity: high', '', 'Both a base ref and head ref must be provided'],
  ['aquasecurity/trivy-action', 'severity: HIGH', '', 'image-ref is empty'],
  ['aquasecurity/trivy-action', 'scan-type: fs, severity: BAD', '', 'unknown severity option: BAD'],
  ['codecov/codecov-action', 'files: none.info, fail_ci_if_error: true', '', 'Some files were not found: none.info'],
  ['ossf/scorecard-action', 'results_file: a, results_format: sarif, publish_results: true', '', '`id-token: write`'],
  ['actions/attest-build-provenance', 'subject-path: x', '', 'Missing "id-token: write" permission.'],
  ['actions/attest-build-provenance', 'subject-path: none', WRITE, 'Could not find subject at path none'],
  ['step-security/harden-runner', 'egress-policy: none', '', 'egress-policy must be either audit or block'],
])('%s with %j fails its step, saying why', async (uses, inputs, head, message) => {
  const result = await steps(`- uses: ${uses}@v1\n  with: { ${inputs} }`, head);
  expect(result.conclusion).toBe('failure');
  expect(annotated(result, 0)).toContain(message);
});

test('attestations name the files by their digests', async () => {
  const result = await steps(
    `- run: mkdir dist && echo a > dist/a.tgz
- uses: actions/attest-build-provenance@v4
  id: attest
  with: { subject-path: 'dist/*.tgz' }
- run: cat "\${{ steps.attest.outputs.bundle-path }}"`,
    WRITE,
  );
  expect(result.log('one')).toContain(
    '"subject":[{"name":"a.tgz","digest":{"sha256":"87428fc522803d31065e7bce3cf03fe475096631e5e07bbd7a0fde60c4cf25c7"}}]',
  );
});

test('an input of the real action that nothing here could honour is refused by name', async () => {
  await expect(steps('- uses: actions/checkout@v7\n  with: { lfs: true }')).rejects.toThrow(
    'the input "lfs" of actions/checkout is not supported by the rehearsal',
  );
});

test('every stand-in says what it replaces and what it lacks', () => {
  expect(
    standIns.filter(({ replaces, lacks = '' }) => replaces === '' || lacks === '').map(({ uses }) => uses),
  ).toEqual([]);
  expect(new Set(standIns.map(({ uses }) => uses)).size).toBe(standIns.length);
});
