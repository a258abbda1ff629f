import type { EventContext } from '@hospital-ops/github/context';
import { at, textAt } from '@hospital-ops/github/json';
import { beforeOf, defaultBranchOf, pullRequestOf } from '@hospital-ops/github/payload';

/** What to compare the head with, as far as the event alone can tell. */
export type BasePlan =
  | { readonly kind: 'before'; readonly before: string; readonly branch: string; readonly forced: boolean | undefined }
  | { readonly kind: 'new-branch'; readonly branch: string }
  | { readonly kind: 'default-branch' }
  | { readonly kind: 'commit-merge-base'; readonly commit: string; readonly what: string }
  | {
      readonly kind: 'pull-request';
      readonly number: number;
      readonly baseRef: string | undefined;
      readonly baseSha: string | undefined;
      readonly headSha: string | undefined;
    }
  | { readonly kind: 'previous-tag'; readonly tag: string | undefined }
  | { readonly kind: 'last-deployment'; readonly environment: string }
  | { readonly kind: 'first-parent'; readonly event: string }
  | { readonly kind: 'revision'; readonly revision: string }
  | { readonly kind: 'unknown'; readonly why: string };

export type BaseRequest =
  | 'auto'
  | 'before'
  | 'merge-base'
  | 'previous-tag'
  | 'last-deployment'
  | { readonly revision: string };

const refOf = (event: EventContext): string => event.ref || textAt(event.payload, 'ref') || '';

const tagOf = (event: EventContext): string | undefined => {
  if (event.eventName === 'release') return textAt(event.payload, 'release', 'tag_name');
  const ref = refOf(event);
  return ref.startsWith('refs/tags/') ? ref.slice('refs/tags/'.length) : undefined;
};

const branchOf = (event: EventContext): string => refOf(event).replace(/^refs\/heads\//, '');

/** Whether a revision names the branch, tag or pull request that this run is of: its commit is the head itself. */
const isOwn = (revision: string, event: EventContext): boolean =>
  [revision, `refs/heads/${revision.replace(/^origin\//, '')}`, `refs/tags/${revision}`].includes(refOf(event));

const planPush = (event: EventContext): BasePlan => {
  const branch = branchOf(event);
  const before = beforeOf(event.payload);
  if (before !== undefined) {
    const forced = at(event.payload, 'forced');
    return { kind: 'before', before, branch, forced: typeof forced === 'boolean' ? forced : undefined };
  }
  return { kind: 'new-branch', branch };
};

const planMergeBase = (event: EventContext): BasePlan | undefined => {
  const request = pullRequestOf(event.payload);
  if (request) {
    const { number, baseRef, baseSha, headSha } = request;
    return { kind: 'pull-request', number, baseRef, baseSha, headSha };
  }
  const queued = textAt(event.payload, 'merge_group', 'base_sha');
  if (queued !== undefined) return { kind: 'commit-merge-base', commit: queued, what: "the merge group's base" };
  return undefined;
};

const planAuto = (event: EventContext, environment: string | undefined): BasePlan => {
  const { eventName } = event;
  const tag = tagOf(event);
  if (eventName.startsWith('pull_request') || eventName === 'merge_group') {
    return planMergeBase(event) ?? { kind: 'unknown', why: `the event ${eventName} does not name its base` };
  }
  // What a failed release left undone is still to be deployed, whatever this event itself changed.
  if (environment !== undefined) return { kind: 'last-deployment', environment };
  if (eventName === 'push' && tag === undefined) return planPush(event);
  // A run that was started by hand on a tag releases that tag too: its first parent would miss the rest of the release.
  if (tag !== undefined || eventName === 'release') return { kind: 'previous-tag', tag };
  return { kind: 'first-parent', event: eventName || 'an unnamed event' };
};

/** Returns what `request` means for this event. Pure; `establishBase` carries it out. */
export const planBase = (
  request: BaseRequest,
  event: EventContext,
  environment: string | undefined = undefined,
): BasePlan => {
  if (typeof request === 'object') {
    const { revision } = request;
    // dorny/paths-filter takes it so, and nothing would ever differ from the head.
    return isOwn(revision, event) ? planAuto(event, environment) : { kind: 'revision', revision };
  }
  switch (request) {
    case 'auto':
      return planAuto(event, environment);
    case 'before': {
      const plan = planPush(event);
      if (plan.kind === 'before') return { ...plan, forced: false };
      return { kind: 'unknown', why: `the event ${event.eventName || '(none)'} has no commit before it` };
    }
    case 'merge-base':
      return planMergeBase(event) ?? { kind: 'default-branch' };
    case 'previous-tag':
      return { kind: 'previous-tag', tag: tagOf(event) };
    case 'last-deployment':
      return environment === undefined
        ? { kind: 'unknown', why: 'no environment is named' }
        : { kind: 'last-deployment', environment };
  }
};

/** The default branch as the event tells it. */
export const eventDefaultBranch = (event: EventContext): string | undefined => defaultBranchOf(event.payload);
