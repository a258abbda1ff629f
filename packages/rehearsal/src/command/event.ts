import type { Consumer } from './consumer.ts';
import { newestTag } from './consumer.ts';
import { git, tryGit } from './git.ts';

/** What happened on GitHub, and what ran before it. */
export interface RehearsedEvent {
  readonly name: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly ref: string;
  readonly refType: 'branch' | 'tag';
  readonly sha: string;
  /** One phrase for the first line: `push of the tag v1.1.0`. */
  readonly phrase: string;
  /** The commit that every service ran before, and its version; undefined for a first release. */
  readonly baseline: { readonly sha: string; readonly version: string } | undefined;
}

const ZERO = '0'.repeat(40);

/** The triggers of a workflow file, as `on:` has them in its three forms. */
export const triggersOf = (workflow: unknown): Readonly<Record<string, unknown>> => {
  const on = (workflow as { on?: unknown } | null)?.on;
  if (typeof on === 'string') return { [on]: null };
  if (Array.isArray(on)) return Object.fromEntries(on.map((name) => [String(name), null]));
  return (on ?? {}) as Record<string, unknown>;
};

/** The version that a commit has for the suite: its tag without the v, else seven digits of the commit. */
const versionOf = (sha: string, tag?: string): string => tag?.replace(/^v(?=\d)/, '') ?? sha.slice(0, 7);

const common = (consumer: Consumer) => {
  const [owner = '', name = ''] = consumer.name.split('/');
  return {
    repository: {
      full_name: consumer.name,
      name,
      owner: { login: owner },
      default_branch: consumer.defaultBranch,
      private: true,
    },
    sender: { login: 'rehearser' },
  };
};

const commitOf = async (path: string, revision: string, what: string): Promise<string> => {
  const sha = await tryGit(path, 'rev-parse', '--verify', '--quiet', `${revision}^{commit}`);
  if (sha === undefined)
    throw new Error(`${what} is not in the repository. Next: create it there, or name another one.`);
  return sha;
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
  };
};

const dispatchEvent = async (consumer: Consumer): Promise<RehearsedEvent> => {
  const push = await pushEvent(consumer);
  return {
    ...push,
    name: 'workflow_dispatch',
    payload: { ...common(consumer), ref: push.ref, inputs: {} },
    phrase: `manual run on ${consumer.defaultBranch}`,
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
  if ('inputs' in payload) {
    const event = await dispatchEvent(consumer);
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
    };
  }
  throw new Error(
    'the event is none that can be rehearsed. Next: give the payload of a push (ref, before, after) or of a manual run (inputs).',
  );
};

/** Returns the event that starts `workflow` when none is given: the newest tag, the newest commit, or a manual run. */
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
  if (push !== undefined) return pushEvent(consumer);
  if ('workflow_dispatch' in triggers) return dispatchEvent(consumer);
  throw new Error(
    `the workflow starts at ${Object.keys(triggers).join(', ') || 'nothing'}, none of which has a default here. Next: give --event FILE.`,
  );
};
