import type { ActionResult } from '@hospital-ops/action-kit/run-action';
import type { Cell } from '@hospital-ops/action-kit/summary';
import { bold, code, Summary, text } from '@hospital-ops/action-kit/summary';
import { neutralizeToLine } from '@hospital-ops/action-kit/untrusted';
import { percentile } from './percentile.ts';
import type { CheckResult } from './watch.ts';

/** What is shown of a body. */
const MAX_EXCERPT = 500;
const MAX_VALUE = 200;

export type Redact = (text: string) => string;

/** Secrets go before the cut: half a secret would not be recognised any more. */
const inert = (value: string, redact: Redact, limit = MAX_VALUE): string => neutralizeToLine(redact(value), limit);

const round = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : Math.round(ms * 10) / 10);

const quantiles = (result: CheckResult) => ({
  p50: round(percentile(result.latencies, 50)),
  p95: round(percentile(result.latencies, 95)),
});

/** The version that answered; of a check that failed nobody says so, what it got stands in its failures. */
const versionOf = ({ outcome, check }: CheckResult): string | undefined =>
  outcome === 'passed' ? check.expectVersion?.expected : undefined;

/** Returns one line that says why the check has not passed: `status: expected 200-299, got 503`. */
export const failureLine = (failures: CheckResult['failures'], redact: Redact): string =>
  failures
    .map(
      ({ assertion, expected, got }) =>
        `${inert(assertion, redact)}: expected ${inert(expected, redact)}, got ${inert(got, redact)}`,
    )
    .join('; ');

/** The `report` output: one object per check, in the order of the checks. */
export const renderReport = (results: readonly CheckResult[], redact: Redact): string =>
  JSON.stringify(
    results.map((result) => {
      const { p50, p95 } = quantiles(result);
      const version = versionOf(result);
      return {
        name: inert(result.check.name, redact),
        url: inert(result.check.url.href, redact, 2_000),
        outcome: result.outcome,
        attempts: result.attempts,
        'in-a-row': result.inARow,
        'duration-ms': Math.round(result.durationMs),
        ...(result.response === undefined ? {} : { status: result.response.status }),
        ...(version === undefined ? {} : { version: inert(version, redact) }),
        ...(p50 === undefined ? {} : { 'p50-ms': p50, 'p95-ms': p95 }),
        failures: result.failures.map(({ assertion, expected, got }) => ({
          assertion: inert(assertion, redact),
          expected: inert(expected, redact),
          got: inert(got, redact),
        })),
      };
    }),
  );

const milliseconds = (ms: number | undefined): Cell => text(ms === undefined ? '' : `${ms} ms`);

const row = (result: CheckResult, redact: Redact): Cell[] => {
  const { p50, p95 } = quantiles(result);
  const column = (key: 'assertion' | 'expected' | 'got') =>
    text(result.failures.map((failure) => inert(failure[key], redact)).join('\n'));
  return [
    code(inert(result.check.name, redact)),
    result.outcome === 'passed' ? text('passed') : bold(result.outcome),
    text(inert(versionOf(result) ?? '', redact)),
    text(String(result.attempts)),
    text(`${(result.durationMs / 1000).toFixed(1)} s`),
    milliseconds(p50),
    milliseconds(p95),
    column('assertion'),
    column('expected'),
    column('got'),
  ];
};

const HEADER = ['Check', 'Result', 'Version', 'Attempts', 'Time', 'p50', 'p95', 'Failed', 'Expected', 'Got'];

/** Returns the job summary: a table of all checks and, folded, the last body of each that failed. */
export const renderSummary = (results: readonly CheckResult[], redact: Redact): ActionResult['summary'] => {
  const passed = results.filter(({ outcome }) => outcome === 'passed').length;
  const summary = new Summary()
    .heading('Smoke test')
    .paragraph(bold(`${passed} of ${results.length} checks passed.`))
    .table(
      HEADER,
      results.map((result) => row(result, redact)),
    );
  for (const { check, outcome, response } of results) {
    if (outcome === 'passed' || response === undefined || response.body === '') continue;
    const body = redact(response.body);
    const rest = body.length > MAX_EXCERPT ? ' (its beginning)' : '';
    const title = `Last body of ${inert(check.name, redact)}, status ${response.status}${rest}`;
    summary.details(title, body.slice(0, MAX_EXCERPT).toWellFormed());
  }
  return summary;
};
