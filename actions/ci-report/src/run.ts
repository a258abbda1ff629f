import { asOpsError, OpsError } from '@hospital-ops/action-kit/errors';
import type { Log } from '@hospital-ops/action-kit/log';
import type { ActionResult } from '@hospital-ops/action-kit/run-action';
import type { Comments } from '@hospital-ops/github/comments';
import { putComment } from '@hospital-ops/github/comments';
import type { ReportInputs } from './inputs.ts';
import { markerOf, renderReport } from './report.ts';
import type { Verdict } from './verdict.ts';
import { decideVerdict } from './verdict.ts';

export const outputs = ['result', 'failed', 'comment-id'] as const;

export interface ReportDeps {
  /** Undefined where the event is no pull request, or there is no token. */
  readonly pullRequest: { readonly number: number; readonly comments: Comments } | undefined;
  readonly runUrl: string | undefined;
  readonly log: Log;
  /** Returns text without any secret: a comment leaves by another way than the log. */
  redact(text: string): string;
}

/** GitHub refuses a comment above 65,536 characters (REST, issue comments); a character has at most four bytes. */
const MAX_COMMENT_BYTES = 60_000;

const failureOf = ({ result, failed, empty }: Verdict, jobs: number): OpsError | undefined => {
  if (result === 'success') return undefined;
  if (empty) {
    return new OpsError({
      what: 'nothing was checked: every job was skipped.',
      next: 'give at least one of the jobs something to do.',
      docs: 'README#what-happens-when',
    });
  }
  return new OpsError({
    what: `${failed.length} of ${jobs} jobs did not succeed: ${failed.join(', ')}.`,
    next: 'open them; their steps say why.',
  });
};

/** Writes the comment; that it cannot be written changes nothing of what was checked. */
const comment = async (inputs: ReportInputs, body: string, deps: ReportDeps): Promise<string> => {
  if (!inputs.comment || deps.pullRequest === undefined) return '';
  const { number, comments } = deps.pullRequest;
  try {
    return String(await putComment(comments, number, markerOf(inputs.title), deps.redact(body)));
  } catch (error) {
    deps.log.notice(`The comment was not written: ${asOpsError(error).what}`);
    return '';
  }
};

/** Tells what became of all jobs, and fails when not everything is good. */
export const runCiReport = async (inputs: ReportInputs, deps: ReportDeps): Promise<ActionResult> => {
  const verdict = decideVerdict(inputs.needs);
  const summary = renderReport(inputs, verdict, deps.runUrl);
  const commentId = await comment(inputs, summary.render(MAX_COMMENT_BYTES), deps);
  return {
    outputs: { result: verdict.result, failed: JSON.stringify(verdict.failed), 'comment-id': commentId },
    summary,
    failure: failureOf(verdict, inputs.needs.length),
  };
};
