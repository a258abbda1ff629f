import { systemClock } from '@hospital-ops/action-kit/clock';
import { createMemoryLog } from '@hospital-ops/action-kit/log';
import { createComments } from '@hospital-ops/github/comments-client';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseReportInputs } from '../../actions/ci-report/src/inputs.ts';
import { runCiReport } from '../../actions/ci-report/src/run.ts';
import { decideVerdict } from '../../actions/ci-report/src/verdict.ts';
import { startFixture } from '../rehearsal/github/fixture.ts';
import type { LocalGitHub } from '../support/local-github.ts';
import { REPOSITORY, TOKEN } from '../support/local-github.ts';

const need = (job: string, result: string, outputs: Record<string, string> = {}) => ({ [job]: { result, outputs } });

const inputsOf = (needs: unknown, more: Record<string, string> = {}) =>
  parseReportInputs(
    new Map(Object.entries({ needs: JSON.stringify(needs), title: 'CI', comment: 'true', ...more })),
    () => '',
  );

const verdictOf = (...results: string[]) =>
  decideVerdict(results.map((result, index) => ({ job: `job-${index}`, result, outputs: [] })));

describe('the verdict', () => {
  test.each([
    [['success', 'success'], 'success'],
    [['success', 'skipped'], 'success'],
    [['success', 'failure'], 'failure'],
    [['failure', 'skipped'], 'failure'],
    [['success', 'cancelled'], 'failure'],
    [['success', ''], 'failure'],
    [['skipped', 'skipped'], 'failure'],
  ])('of %j is %s', (results, expected) => {
    expect(verdictOf(...results).result).toBe(expected);
  });

  test('is never a success with a result that is none', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom<string>('success', 'skipped')),
        fc.string().filter((word) => word !== 'success' && word !== 'skipped'),
        fc.nat(),
        (good, bad, at) => {
          const results = good.toSpliced(at % (good.length + 1), 0, bad);
          expect(verdictOf(...results)).toMatchObject({ result: 'failure', failed: [`job-${at % (good.length + 1)}`] });
        },
      ),
    );
  });
});

test.each(['', '[]', '{}', '"x"', '{"lint":"success"}'])('needs of %j are an input error', (needs) => {
  expect(() =>
    parseReportInputs(
      new Map(
        [
          ['needs', needs],
          ['title', 'CI'],
        ].filter(([, v]) => v !== '') as [string, string][],
      ),
      () => '',
    ),
  ).toThrow(expect.objectContaining({ problems: [expect.stringContaining('`needs`')] }));
});

describe('the comment', () => {
  let fixture: LocalGitHub;
  beforeAll(async () => {
    fixture = await startFixture();
  });
  afterAll(() => fixture.close());

  const [owner = '', name = ''] = REPOSITORY.split('/');
  const depsOf = (token = TOKEN) => {
    const log = createMemoryLog();
    const comments = createComments({
      token,
      repository: { owner, name },
      apiUrl: fixture.github.url,
      clock: systemClock,
      signal: new AbortController().signal,
      log,
    });
    const runUrl = 'https://github.com/rivercare/hospital-ops/actions/runs/99';
    return { log, deps: { pullRequest: { number: 7, comments }, runUrl, log, redact: (text: string) => text } };
  };
  const written = () => fixture.github.comments().map(({ body }) => body);

  test('is written once per title and then updated', async () => {
    const { deps } = depsOf();
    const first = await runCiReport(inputsOf(need('checks', 'failure', { lint: 'failure', coverage: '81.0' })), deps);
    expect(first.failure?.what).toBe('1 of 1 jobs did not succeed: checks.');
    expect(written()).toHaveLength(1);
    expect(written()[0]).toMatch(/❌ CI.*checks.*❌ failure.*lint.*❌ failure/s);
    const second = await runCiReport(inputsOf(need('checks', 'success'), { facts: 'services=api web\nnone=' }), deps);
    expect(second.failure).toBeUndefined();
    expect(second.outputs['comment-id']).toBe(first.outputs['comment-id']);
    expect(written()).toHaveLength(1);
    expect(written()[0]).toMatch(/✅ CI.*api web/s);
    expect(written()[0]).not.toMatch(/none|❌/);
    await runCiReport(inputsOf(need('plan', 'success'), { title: 'Plan' }), deps);
    expect(written()).toHaveLength(2);
  });

  test('of foreign text is inert', async () => {
    const { deps } = depsOf();
    await runCiReport(
      inputsOf(need('x', 'success'), { title: 'Hostile', facts: 'by=@team <img src=x> [a](http://b)' }),
      deps,
    );
    expect(written().at(-1)).not.toMatch(/@team|<img|\[a\]/);
  });

  test('that may not be written changes nothing of the check', async () => {
    const { deps, log } = depsOf('ghs_of_a_fork');
    const { failure, outputs } = await runCiReport(inputsOf(need('checks', 'success')), deps);
    expect({ failure, result: outputs.result, id: outputs['comment-id'] }).toEqual({
      failure: undefined,
      result: 'success',
      id: '',
    });
    expect(log.lines).toEqual([expect.stringMatching(/^notice: The comment was not written: .*401/)]);
  });
});
