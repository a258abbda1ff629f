import type { Clock } from '@hospital-ops/action-kit/clock';
import { formatDuration } from '@hospital-ops/action-kit/duration';
import { CancelledError, OpsError } from '@hospital-ops/action-kit/errors';
import { createLimit } from '@hospital-ops/action-kit/limit';
import type { Log } from '@hospital-ops/action-kit/log';
import type { ActionResult } from '@hospital-ops/action-kit/run-action';
import { neutralizeToLine } from '@hospital-ops/action-kit/untrusted';
import type { Check } from './check.ts';
import { hold } from './hold.ts';
import type { Http } from './http.ts';
import type { SmokeTestInputs } from './inputs.ts';
import { renderJunit } from './junit.ts';
import type { Redact } from './report.ts';
import { failureLine, renderReport, renderSummary } from './report.ts';
import type { CheckResult, WatchDeps } from './watch.ts';
import { watch } from './watch.ts';

export interface SmokeTestDeps {
  readonly http: Http;
  readonly log: Log;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly redact: Redact;
  /** Throws an Error that says why it cannot. */
  writeReport(path: string, text: string): void;
}

export const outputs = ['outcome', 'reason', 'passed', 'failed', 'report'] as const;

/** A message takes so much and no more; the report has everything. */
const REASON_LENGTH = 1_000;

/** Logs what changed: the first attempt that failed, and each later one that fails in another way. */
const createProgress = (log: Log, redact: Redact) => {
  const said = new Map<Check, string>();
  return (check: Check, attempts: number, failures: CheckResult['failures']): void => {
    const line = failureLine(failures, redact);
    if (said.get(check) === line) return;
    said.set(check, line);
    if (line !== '') log.info(`${check.name}: attempt ${attempts}: ${line}`);
    else if (check.consecutive > 1) log.info(`${check.name}: attempt ${attempts} is as expected`);
  };
};

const verdictLine = (result: CheckResult): string => {
  const tries = result.attempts === 1 ? '1 attempt' : `${result.attempts} attempts`;
  return `${result.check.name}: ${result.outcome} after ${tries} in ${(result.durationMs / 1000).toFixed(1)} s`;
};

/** Returns in one line which checks did not pass, and why; empty when all did. */
export const reasonOf = (results: readonly CheckResult[], redact: Redact): string => {
  const bad = results.filter(({ outcome }) => outcome !== 'passed');
  const lines = bad.map(
    ({ check, failures, watchedMs }) =>
      `${check.name}: ${watchedMs === undefined ? '' : `${formatDuration(watchedMs / 1000)} after it had passed, `}${failureLine(failures, redact) || 'it did not pass'}`,
  );
  return neutralizeToLine(lines.join('; '), REASON_LENGTH);
};

/** Returns why the step fails, or undefined. No result at all is no success. */
export const decideFailure = (results: readonly CheckResult[], redact: Redact): OpsError | undefined => {
  const bad = results.filter(({ outcome }) => outcome !== 'passed');
  if (results.length > 0 && bad.length === 0) return undefined;
  if (bad.some(({ outcome }) => outcome === 'cancelled')) {
    return new CancelledError(
      `the smoke test was cancelled before ${bad.length} of ${results.length} checks had passed.`,
    );
  }
  const longest = Math.max(0, ...bad.map(({ durationMs }) => durationMs));
  const watched = Math.max(0, ...bad.map(({ watchedMs = 0 }) => watchedMs));
  return new OpsError({
    what:
      watched > 0
        ? `${bad.length} of ${results.length} checks passed, and failed ${formatDuration(watched / 1000)} later.`
        : `${bad.length} of ${results.length} checks did not pass; they took ${formatDuration(longest / 1000)}.`,
    why: bad.map(({ check, failures }) => `\n  - ${check.name}: ${failureLine(failures, redact)}`).join(''),
    next: 'look at what these addresses answer, and at the logs of the services behind them.',
    docs: 'README#troubleshooting',
  });
};

/**
 * Runs the checks to their end. Those that ask for the version come first: what else an address answers is only worth
 * something once the new version answers there. Where it does not, the others are asked once, for the report.
 */
const runChecks = async (inputs: SmokeTestInputs, deps: SmokeTestDeps): Promise<CheckResult[]> => {
  const { log, redact } = deps;
  const progress = createProgress(log, redact);
  const limit = createLimit(inputs.concurrency);
  const run = async (check: Check, asked = check): Promise<CheckResult> => {
    const onAttempt: WatchDeps['onAttempt'] = (_, attempts, { failures }) => progress(check, attempts, failures);
    const result = { ...(await watch(asked, { ...deps, limit, onAttempt })), check };
    log.info(verdictLine(result));
    return result;
  };
  const versions = new Map(
    inputs.checks.flatMap((check) => (check.expectVersion === undefined ? [] : [[check, run(check)] as const])),
  );
  const isNew = async (origin: string): Promise<boolean> => {
    const there = [...versions].filter(([check]) => check.url.origin === origin).map(([, result]) => result);
    return (await Promise.all(there)).every(({ outcome }) => outcome === 'passed');
  };
  const results = await Promise.all(
    inputs.checks.map(async (check) => {
      const own = versions.get(check);
      if (own !== undefined) return own;
      return (await isNew(check.url.origin)) ? run(check) : run(check, { ...check, deadlineMs: 0 });
    }),
  );
  if (inputs.watchForMs === 0 || results.some(({ outcome }) => outcome !== 'passed')) return results;
  log.info(`All checks passed; they are asked on for ${formatDuration(inputs.watchForMs / 1000)}.`);
  const held = await hold(results, inputs.watchForMs, {
    ...deps,
    limit,
    onAttempt: (check, attempts, { failures }) => progress(check, attempts, failures),
  });
  for (const result of held) log.info(verdictLine(result));
  return held;
};

const writeJunit = (path: string, text: string, { log, writeReport }: SmokeTestDeps): void => {
  try {
    writeReport(path, text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    log.warning(`The JUnit file "${path}" could not be written: ${why}`);
  }
};

/** Runs every check to its end and returns the verdict on all of them. */
export const runSmokeTest = async (inputs: SmokeTestInputs, deps: SmokeTestDeps): Promise<ActionResult> => {
  const { redact } = deps;
  const startedAt = deps.clock.now();
  const results = await runChecks(inputs, deps);
  if (inputs.junit !== undefined) writeJunit(inputs.junit, renderJunit(results, startedAt, redact), deps);
  const failure = decideFailure(results, redact);
  const passed = results.filter(({ outcome }) => outcome === 'passed').length;
  return {
    outputs: {
      outcome: failure === undefined ? 'passed' : 'failed',
      reason: reasonOf(results, redact),
      passed: String(passed),
      failed: String(results.length - passed),
      report: renderReport(results, redact),
    },
    summary: renderSummary(results, redact),
    failure,
  };
};
