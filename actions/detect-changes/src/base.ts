import type { Commit } from '@hospital-ops/git/repository';
import type { Base, BaseContext } from './comparison.ts';
import { shortSha } from './comparison.ts';
import type { BasePlan } from './plan.ts';

type Plan<K extends BasePlan['kind']> = Extract<BasePlan, { kind: K }>;

const defaultBranchName = async ({ repository, defaultBranch }: BaseContext): Promise<string | undefined> =>
  defaultBranch ?? repository.defaultBranch();

const mergeBaseWith = async (context: BaseContext, tip: Commit, head: string, what: string): Promise<Base> => {
  const { sha } = await context.repository.mergeBase(tip.sha, head);
  if (sha === undefined) return { unknown: `${shortSha(head)} has no history in common with ${what}`, head };
  return { base: sha, head, reason: `the merge base with ${what}` };
};

/** The merge base with the default branch, for a head that lies on another branch. */
const againstDefaultBranch = async (context: BaseContext, branch: string | undefined, why: string): Promise<Base> => {
  const head = context.checkedOut.sha;
  const name = await defaultBranchName(context);
  if (name === undefined) return { unknown: `${why}, and the default branch is not known`, head };
  if (name === branch) return { unknown: `${why}, and "${name}" is the default branch itself`, head };
  const tip = await context.repository.obtainRef(`refs/heads/${name}`);
  if (!tip) return { unknown: `${why}, and the default branch "${name}" cannot be fetched`, head };
  const base = await mergeBaseWith(context, tip, head, `the default branch "${name}"`);
  return 'unknown' in base ? base : { ...base, reason: `${base.reason}, because ${why}` };
};

const fromBefore = async (plan: Plan<'before'>, context: BaseContext): Promise<Base> => {
  const { repository, checkedOut } = context;
  const before = await repository.obtain(plan.before);
  if (!before) {
    return againstDefaultBranch(context, plan.branch, `the commit before this push, ${shortSha(plan.before)}, is gone`);
  }
  const forced = plan.forced ?? !(await repository.isAncestor(before.sha, checkedOut.sha));
  if (forced && plan.branch !== (await defaultBranchName(context))) {
    return againstDefaultBranch(context, plan.branch, 'this push was forced');
  }
  const reason = forced
    ? 'the commit before this forced push: what differs between the two trees'
    : 'the commit before this push';
  return { base: before.sha, head: checkedOut.sha, reason };
};

/** The head of a pull request: what is checked out when that is the request's head or merge, else the request's own. */
const headOfRequest = async (plan: Plan<'pull-request'>, context: BaseContext): Promise<Commit | undefined> => {
  const { checkedOut, repository } = context;
  if (plan.headSha === undefined || checkedOut.sha === plan.headSha || checkedOut.parents.includes(plan.headSha)) {
    return checkedOut;
  }
  return (await repository.obtain(plan.headSha)) ?? (await repository.obtainRef(`refs/pull/${plan.number}/head`));
};

const fromPullRequest = async (plan: Plan<'pull-request'>, context: BaseContext): Promise<Base> => {
  const { repository, checkedOut } = context;
  const head = await headOfRequest(plan, context);
  if (!head) return { unknown: `the head of pull request #${plan.number} cannot be fetched`, head: checkedOut.sha };
  const [first, second] = head.parents;
  if (first !== undefined && second !== undefined && second === plan.headSha) {
    const parent = await repository.obtain(first);
    if (parent)
      return { base: parent.sha, head: head.sha, reason: 'the first parent of the merge of this pull request' };
  }
  const tip =
    (plan.baseRef === undefined ? undefined : await repository.obtainRef(`refs/heads/${plan.baseRef}`)) ??
    (plan.baseSha === undefined ? undefined : await repository.obtain(plan.baseSha));
  if (!tip) return { unknown: `the base of pull request #${plan.number} cannot be fetched`, head: head.sha };
  const what = `the base branch "${plan.baseRef ?? shortSha(tip.sha)}"`;
  const base = await mergeBaseWith(context, tip, head.sha, what);
  if ('unknown' in base || base.base !== head.sha || plan.baseSha === undefined) return base;
  // The request is merged: its branch holds nothing that the base branch lacks any more. Its base was recorded.
  const recorded = await repository.obtain(plan.baseSha);
  return recorded ? mergeBaseWith(context, recorded, head.sha, 'the recorded base of this merged pull request') : base;
};

const fromPreviousTag = async ({ tag }: Plan<'previous-tag'>, context: BaseContext): Promise<Base> => {
  const { repository, checkedOut } = context;
  const { previousTagCandidates } = await import('@hospital-ops/git/tags');
  const candidates = previousTagCandidates(await repository.tags(), tag);
  const head = checkedOut.sha;
  const what = tag === undefined ? 'this commit' : `the tag ${tag}`;
  if (candidates.length === 0) return { unknown: `there is no tag before ${what}`, head };
  const previous = await repository.nearestTag(head, candidates);
  if (!previous) return { unknown: `no earlier tag lies in the history of ${what}`, head };
  const commit = await repository.obtain(previous.commit);
  if (!commit) return { unknown: `the previous tag ${previous.name} cannot be fetched`, head };
  return { base: commit.sha, head, reason: `the previous tag ${previous.name}` };
};

const fromFirstParent = async (plan: Plan<'first-parent'>, { repository, checkedOut }: BaseContext): Promise<Base> => {
  const [first] = checkedOut.parents;
  const head = checkedOut.sha;
  if (first === undefined) return { unknown: 'the commit is the first of its history', head };
  const parent = await repository.obtain(first);
  if (!parent) return { unknown: `the first parent ${shortSha(first)} cannot be fetched`, head };
  return { base: parent.sha, head, reason: `the first parent, because ${plan.event} names no earlier commit` };
};

const fromRevision = async ({ revision }: Plan<'revision'>, { repository, checkedOut }: BaseContext): Promise<Base> => {
  const head = checkedOut.sha;
  const found =
    (await repository.find(revision)) ??
    (await repository.obtain(revision)) ??
    (await repository.obtainRef(revision.startsWith('refs/') ? revision : `refs/tags/${revision}`)) ??
    (await repository.obtainRef(`refs/heads/${revision.replace(/^origin\//, '')}`));
  if (!found) return { unknown: `there is no revision "${revision}"`, head };
  const isHead = found.sha === head && revision !== head;
  const notes = isHead ? [`The base "${revision}" is the commit that is checked out: nothing can differ from it.`] : [];
  return { base: found.sha, head, reason: `the revision "${revision}", as asked for`, notes };
};

const fromCommit = async (plan: Plan<'commit-merge-base'>, context: BaseContext): Promise<Base> => {
  const head = context.checkedOut.sha;
  const tip = await context.repository.obtain(plan.commit);
  if (!tip) return { unknown: `${plan.what}, ${shortSha(plan.commit)}, cannot be fetched`, head };
  return mergeBaseWith(context, tip, head, plan.what);
};

/** Finds the commits that `plan` speaks of, fetching what the checkout lacks. Throws what the repository throws. */
export const establishBase = async (plan: BasePlan, context: BaseContext): Promise<Base> => {
  switch (plan.kind) {
    case 'before':
      return fromBefore(plan, context);
    case 'new-branch':
      return againstDefaultBranch(context, plan.branch, 'this is the first push of the branch');
    case 'default-branch':
      return againstDefaultBranch(context, undefined, 'it was asked for');
    case 'commit-merge-base':
      return fromCommit(plan, context);
    case 'pull-request':
      return fromPullRequest(plan, context);
    case 'previous-tag':
      return fromPreviousTag(plan, context);
    case 'first-parent':
      return fromFirstParent(plan, context);
    case 'revision':
      return fromRevision(plan, context);
    case 'last-deployment':
      // Most runs ask for no deployments.
      return (await import('./last-deployment.ts')).fromLastDeployment(plan.environment, context);
    case 'unknown':
      return { unknown: plan.why, head: context.checkedOut.sha };
  }
};
