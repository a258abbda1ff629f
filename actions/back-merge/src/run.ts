import type { Log } from '@hospital-ops/action-kit/log';
import type { ActionResult } from '@hospital-ops/action-kit/run-action';
import { code, link, Summary, text } from '@hospital-ops/action-kit/summary';
import type { Branches } from '@hospital-ops/github/branches';
import type { OpenedPullRequest, PullRequests } from '@hospital-ops/github/pull-requests';
import type { BackMergeInputs } from './inputs.ts';
import { renderBody } from './pull-request-body.ts';

export const outputs = ['number', 'url', 'result'] as const;

export interface BackMergeDeps {
  readonly branches: Branches;
  readonly pullRequests: PullRequests;
  readonly runUrl: string | undefined;
  readonly log: Log;
  /** A pull request leaves by another way than the log. */
  redact(text: string): string;
}

type Outcome = { readonly result: 'nothing' } | (OpenedPullRequest & { readonly result: 'opened' | 'exists' });

/** Returns a branch that holds the released commit, made where `head` is none. */
const branchOf = async ({ head, sha }: BackMergeInputs, { branches, pullRequests }: BackMergeDeps): Promise<string> => {
  const names = await branches.list(head);
  if (names.includes(head) && (await branches.holds(head, sha))) return head;
  const own = `back-merge/${sha.slice(0, 12)}`;
  await pullRequests.createBranch(own, sha);
  return own;
};

const bringBack = async (inputs: BackMergeInputs, base: string, deps: BackMergeDeps): Promise<Outcome> => {
  const { branches, pullRequests, redact } = deps;
  if (await branches.holds(base, inputs.sha)) return { result: 'nothing' };
  const head = await branchOf(inputs, deps);
  const known = await pullRequests.find(head, base);
  if (known !== undefined) return { result: 'exists', ...known };
  const title = redact(inputs.title ?? `Bring the hotfix ${inputs.head} back to ${base}`);
  const body = redact(renderBody(inputs, deps.runUrl));
  return { result: 'opened', ...(await pullRequests.open({ head, base, title, body })) };
};

/** Brings the released commit back by a pull request, unless its base has it or one is open. */
export const runBackMerge = async (inputs: BackMergeInputs, deps: BackMergeDeps): Promise<ActionResult> => {
  const base = inputs.base ?? (await deps.branches.defaultBranch());
  const outcome = await bringBack(inputs, base, deps);
  const summary = new Summary().heading('Back-merge');
  if (outcome.result === 'nothing') {
    deps.log.info(`${base} has ${inputs.sha.slice(0, 7)} already.`);
    summary.paragraph(code(base), text('has the released commit already.'));
    return { outputs: { result: 'nothing' }, summary };
  }
  const { number, url, result } = outcome;
  deps.log.notice(`Merge #${number} into ${base}, or the next release takes the hotfix away again: ${url}`);
  summary.paragraph(
    link(`#${number}`, url),
    text(`${result === 'opened' ? 'was opened' : 'is open'}: merge it into ${base} before the next release.`),
  );
  return { outputs: { number: String(number), url, result }, summary };
};
