import type { Consumer } from './consumer.ts';
import { newestTag } from './consumer.ts';
import type { RehearsedEvent } from './event-common.ts';
import { changedBetween, commitOf, common, versionOf, ZERO } from './event-common.ts';
import { git, tryGit } from './git.ts';
import { pullRequestEvent } from './pull-request-event.ts';

/** The triggers of a workflow file, as `on:` has them in its three forms. */
export const triggersOf = (workflow: unknown): Readonly<Record<string, unknown>> => {
  const on = (workflow as { on?: unknown } | null)?.on;
  if (typeof on === 'string') return { [on]: null };
  if (Array.isArray(on)) return Object.fromEntries(on.map((name) => [String(name), null]));
  return (on ?? {}) as Record<string, unknown>;
};

/** Returns the push of `tag`. Before it, the newest tag that is its ancestor was deployed. */
export const tagEvent = async (consumer: Consumer, tag: string): Promise<RehearsedEvent> => {
  const sha = await commitOf(consumer.path, `refs/tags/${tag}`, `the tag ${tag}`);
  const previous = await tryGit(consumer.path, 'describe', '--tags', '--abbrev=0', `${sha}^`);
  return {
    name: 'push',
    payload: { ...common(consumer), ref: `refs/tags/${tag}`, before: ZERO, after: sha, created: true, forced: false },
    ref: `refs/tags/${tag}`,
    refType: 'tag',
    sha,
    phrase: previous === undefined ? `push of the first tag ${tag}` : `push of the tag ${tag} over ${previous}`,
    baseline: previous && { sha: await commitOf(consumer.path, previous, previous), version: versionOf('', previous) },
  } as RehearsedEvent;
};

/** Returns the push of the newest commit to the default branch over its first parent. */
export const pushEvent = async (consumer: Consumer): Promise<RehearsedEvent> => {
  const sha = await commitOf(consumer.path, 'HEAD', 'HEAD');
  const before = await tryGit(consumer.path, 'rev-parse', '--verify', '--quiet', 'HEAD^1');
  const ref = `refs/heads/${consumer.defaultBranch}`;
  const message = await git(consumer.path, 'log', '-1', '--format=%B');
  return {
    name: 'push',
    payload: {
      ...common(consumer),
      ref,
      before: before ?? ZERO,
      after: sha,
      created: before === undefined,
      forced: false,
      head_commit: { id: sha, message },
    },
    ref,
    refType: 'branch',
    sha,
    phrase: `push of ${sha.slice(0, 7)} to ${consumer.defaultBranch}`,
    baseline: before === undefined ? undefined : { sha: before, version: versionOf(before) },
    ...(before === undefined ? {} : { changedFiles: await changedBetween(consumer.path, before, sha) }),
  };
};

/**
 * Returns a manual run on the tag, or without one on the default branch, with these inputs; those not given have the
 * workflow's defaults.
 */
export const manualEvent = async (
  consumer: Consumer,
  inputs: Readonly<Record<string, string>>,
  tag?: string,
): Promise<RehearsedEvent> => {
  const { changedFiles: _, ...push } = tag === undefined ? await pushEvent(consumer) : await tagEvent(consumer, tag);
  const told = Object.entries(inputs).map(([name, value]) => `${name}: ${value}`);
  return {
    ...push,
    name: 'workflow_dispatch',
    payload: { ...common(consumer), ref: push.ref, inputs },
    phrase: `manual run on ${tag ?? consumer.defaultBranch}${told.length === 0 ? '' : ` with ${told.join(', ')}`}`,
  };
};

/** Returns the event of a payload file. Its kind is told by what GitHub puts into such payloads. */
export const payloadEvent = async (
  consumer: Consumer,
  payload: Readonly<Record<string, unknown>>,
): Promise<RehearsedEvent> => {
  const { ref, after } = payload;
  if (typeof ref === 'string' && ref.startsWith('refs/tags/') && after !== undefined) {
    const event = await tagEvent(consumer, ref.slice('refs/tags/'.length));
    return { ...event, payload: { ...event.payload, ...payload } };
  }
  if ('pull_request' in payload) return pullRequestEvent(consumer, payload);
  if ('inputs' in payload) {
    const event = await manualEvent(consumer, {});
    return { ...event, payload: { ...event.payload, ...payload } };
  }
  if (typeof ref === 'string' && ref.startsWith('refs/heads/') && typeof after === 'string') {
    const sha = await commitOf(consumer.path, after, `the commit ${after} of the event`);
    const before = typeof payload.before === 'string' ? payload.before : ZERO;
    const known = before === ZERO ? undefined : await tryGit(consumer.path, 'rev-parse', `${before}^{commit}`);
    return {
      name: 'push',
      payload: { ...common(consumer), ...payload },
      ref,
      refType: 'branch',
      sha,
      phrase: `push of ${sha.slice(0, 7)} to ${ref.slice('refs/heads/'.length)}`,
      baseline: known === undefined ? undefined : { sha: known, version: versionOf(known) },
      ...(known === undefined ? {} : { changedFiles: await changedBetween(consumer.path, known, sha) }),
    };
  }
  throw new Error(
    'the event is none that can be rehearsed. Next: give the payload of a push (ref, before, after), of a pull request (pull_request) or of a manual run (inputs).',
  );
};

/**
 * Returns the event that starts `workflow` when none is given: the newest tag, a pull request or
 * push of the newest commit, or a manual run.
 */
export const defaultEvent = async (consumer: Consumer, workflow: unknown): Promise<RehearsedEvent> => {
  const triggers = triggersOf(workflow);
  const push = triggers.push as { tags?: unknown; branches?: unknown } | null | undefined;
  if (push !== undefined && push?.tags !== undefined && push.branches === undefined) {
    const tag = await newestTag(consumer.path);
    if (tag === undefined) {
      throw new Error(
        'the workflow starts at a tag, and the repository has none. Next: git tag v1.0.0, or give --event.',
      );
    }
    return tagEvent(consumer, tag);
  }
  if ('pull_request' in triggers) return pullRequestEvent(consumer);
  if (push !== undefined) return pushEvent(consumer);
  if ('workflow_dispatch' in triggers) return manualEvent(consumer, {});
  throw new Error(
    `the workflow starts at ${Object.keys(triggers).join(', ') || 'nothing'}, none of which has a default here. Next: give --event FILE.`,
  );
};
