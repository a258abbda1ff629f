import { readContext } from '@hospital-ops/github/context';
import { beforeOf, defaultBranchOf, pullRequestOf } from '@hospital-ops/github/payload';
import { describe, expect, test } from '@jest/globals';

const ENV = {
  GITHUB_REPOSITORY: 'rivercare/hospital-ops',
  GITHUB_SERVER_URL: 'https://github.example/',
  GITHUB_API_URL: 'https://github.example/api/v3',
  GITHUB_RUN_ID: '99',
  GITHUB_RUN_ATTEMPT: '2',
  GITHUB_RUN_NUMBER: '7',
  GITHUB_REF: 'refs/tags/v1.1.0',
  GITHUB_REF_NAME: 'v1.1.0',
  GITHUB_REF_TYPE: 'tag',
  GITHUB_ACTOR: 'ravi',
  GITHUB_TRIGGERING_ACTOR: 'asha',
  GITHUB_EVENT_PATH: '/event.json',
};

test('the context is what the runner says', () => {
  expect(readContext(ENV, () => '{"before":"abc"}')).toMatchObject({
    repository: { owner: 'rivercare', name: 'hospital-ops' },
    refType: 'tag',
    // Who started this attempt, not who pushed.
    actor: 'asha',
    serverUrl: 'https://github.example',
    runUrl: 'https://github.example/rivercare/hospital-ops/actions/runs/99/attempts/2',
    payload: { before: 'abc' },
    payloadProblem: undefined,
  });
});

test('outside of a run nothing is invented', () => {
  expect(readContext({}, () => '')).toMatchObject({
    repository: undefined,
    runUrl: undefined,
    runId: undefined,
    sha: '',
  });
});

test('an event file that cannot be read is told, not thrown', () => {
  const context = readContext(ENV, () => '{');
  expect(context.payload).toBeUndefined();
  expect(context.payloadProblem).toContain('/event.json');
});

describe('payloads are read with suspicion', () => {
  test.each([[undefined], [null], [7], ['x'], [[]], [{ pull_request: { number: '7' } }], [{ before: 5 }]])(
    '%j tells nothing',
    (payload) => {
      expect([pullRequestOf(payload), beforeOf(payload), defaultBranchOf(payload)]).toEqual([
        undefined,
        undefined,
        undefined,
      ]);
    },
  );

  test('a new ref has no revision before it', () => {
    expect(beforeOf({ before: '0'.repeat(40) })).toBeUndefined();
  });

  test.each([
    ['the same repository', 1, false],
    ['a fork', 2, true],
    ['a deleted fork', undefined, true],
  ])('a pull request from %s', (_, id, fromFork) => {
    const head = { ref: 'x', sha: 'b', repo: id === undefined ? null : { id } };
    const payload = { pull_request: { number: 3, base: { ref: 'main', sha: 'a', repo: { id: 1 } }, head } };
    expect(pullRequestOf(payload)).toEqual({
      number: 3,
      baseRef: 'main',
      baseSha: 'a',
      headRef: 'x',
      headSha: 'b',
      fromFork,
    });
  });
});
