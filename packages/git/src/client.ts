import type { Clock } from '@hospital-ops/action-kit/clock';
import { OpsError, ToolError } from '@hospital-ops/action-kit/errors';
import { retry } from '@hospital-ops/action-kit/retry';
import type { GitOptions } from './command.ts';
import { createCommand } from './command.ts';
import { parseNameStatus } from './diff.ts';
import type { Commit, Repository } from './repository.ts';
import type { Scratch } from './scratch.ts';
import { parseBatch, parseBatchCommits, parseCommit, parseListing } from './tree.ts';

/** What a server says when it does not have what was asked for; another try would hear the same. */
const NOT_THERE = /not our ref|couldn't find remote ref|unadvertised object|no such remote ref/i;
/** What ends a try for good: nothing is there, or the token is refused. */
const FOR_GOOD =
  /not our ref|couldn't find remote ref|unadvertised object|no such remote ref|authentication failed|could not read Username|repository .*not found|does not appear to be a git repository|\b40[134]\b/i;
const FETCH_DELAYS = [1_000, 4_000] as const;
const HEAD = 'HEAD^{commit}';
const SHA = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/** Most runs need neither history nor versions, nor anything that the checkout does not have. */
const histories = () => import('./history.ts');
const scratches = () => import('./scratch.ts');

const stderrOf = (error: unknown) => (error instanceof ToolError ? error.stderrTail : '');

/** Returns the repository behind a checkout. Nothing is run before the first call. */
export const createRepository = (options: GitOptions & { readonly clock: Clock }): Repository => {
  const checkout = createCommand(options);
  let scratch: Scratch | undefined;
  let remoteUrl: Promise<string | undefined> | undefined;
  const command = () => scratch?.command ?? checkout;

  const remote = async (): Promise<string> => {
    remoteUrl ??= checkout.attempt(['config', '--get', 'remote.origin.url']).then((url) => url?.trim() || undefined);
    const url = await remoteUrl;
    if (url !== undefined) return url;
    throw new OpsError({ what: 'the checkout has no remote "origin" to fetch from.' });
  };

  const patiently = <T>(operation: () => Promise<T>): Promise<T> =>
    retry(operation, {
      isRetryable: (error) => error instanceof ToolError && !FOR_GOOD.test(error.stderrTail),
      delays: FETCH_DELAYS,
      clock: options.clock,
      signal: options.signal,
    });

  const beside = async (): Promise<Scratch> => {
    scratch ??= await (await scratches()).createScratch(checkout, await remote(), options.temporary);
    return scratch;
  };

  const fetch = async (flags: readonly string[], wanted: readonly string[]) => {
    const target = await beside();
    await patiently(() => target.fetch(flags, wanted));
  };

  const boundary = async () => {
    if (scratch) return scratch.boundary();
    const { boundaryIn, shallowFileOf } = await scratches();
    return boundaryIn(await shallowFileOf(checkout));
  };

  const local = async (sha: string): Promise<Commit | undefined> => {
    const object = await command().attempt(['cat-file', 'commit', sha]);
    return object === undefined ? undefined : parseCommit(sha, object);
  };

  const seek = async (sha: string): Promise<Commit | undefined> => {
    if (!SHA.test(sha)) return undefined;
    const here = await local(sha);
    if (here) return here;
    try {
      await fetch(['--depth=1'], [sha]);
    } catch (error) {
      if (NOT_THERE.test(stderrOf(error))) return undefined;
      throw error;
    }
    return local(sha);
  };

  const sought = new Map<string, Promise<Commit | undefined>>();
  const obtain = (sha: string): Promise<Commit | undefined> => {
    const found = sought.get(sha) ?? seek(sha);
    sought.set(sha, found);
    return found;
  };

  const isPartial = async () =>
    scratch === undefined && (await checkout.attempt(['config', '--get', 'remote.origin.promisor'])) !== undefined;

  const listRemote = async (...args: readonly string[]): Promise<string> => {
    const url = await remote();
    return patiently(() => checkout.remote(url, ['ls-remote', '--quiet', ...args]));
  };

  const differences = (base: string, head: string): Promise<string> =>
    command().text([
      'diff-tree',
      '-r',
      '-z',
      '--no-renames',
      '--name-status',
      '--ignore-submodules=none',
      '--end-of-options',
      base,
      head,
    ]);
  /** What was begun before it was known to be wanted; undefined where that came to nothing. */
  const begun = new Map<string, Promise<string | undefined>>();

  const history = { command, boundary, fetch };

  return {
    head: async (besides) => {
      const look = async (names: readonly string[]) =>
        parseBatchCommits(await checkout.bytes(['cat-file', '--batch'], `${names.join('\n')}\n`), names);
      const both = besides !== undefined && SHA.test(besides);
      // Nearly always it is these two that are compared: git does so while it tells which commits they are.
      const compared = both ? differences(besides, HEAD).catch(() => undefined) : undefined;
      // What may be missing must not keep git from telling the head.
      const seen = both ? await look([HEAD, besides]).catch(() => undefined) : undefined;
      const commits = seen ?? (await look([HEAD]));
      const beside = both ? commits.get(besides) : undefined;
      if (beside) sought.set(beside.sha, Promise.resolve(beside));
      const head = commits.get(HEAD);
      if (head && beside && compared) begun.set(`${beside.sha} ${head.sha}`, compared);
      if (head) return head;
      throw new OpsError({ what: 'the checkout has no commit.' });
    },
    find: async (revision) => {
      const sha = await command().attempt([
        'rev-parse',
        '--verify',
        '--quiet',
        '--end-of-options',
        `${revision}^{commit}`,
      ]);
      return sha === undefined ? undefined : local(sha.trim());
    },
    obtain,
    obtainRef: async (ref) => {
      const lines = (await listRemote('origin', ref, `${ref}^{}`)).split('\n').map((line) => line.split('\t'));
      const named = (name: string) => lines.find(([, found]) => found === name)?.[0];
      const sha = named(`${ref}^{}`) ?? named(ref);
      return sha === undefined ? undefined : obtain(sha);
    },
    defaultBranch: async () => {
      const [, branch] = /^ref: refs\/heads\/(.+)\tHEAD$/m.exec(await listRemote('--symref', 'origin', 'HEAD')) ?? [];
      return branch;
    },
    tags: async () => {
      const { parseRemoteTags } = await import('./tags.ts');
      if ((await checkout.attempt(['config', '--get', 'remote.origin.url'])) === undefined) {
        return parseRemoteTags(
          (await checkout.attempt(['show-ref', '--tags', '--dereference']))?.replaceAll(' refs/', '\trefs/') ?? '',
        );
      }
      return parseRemoteTags(await listRemote('--tags', 'origin'));
    },
    nearestTag: async (head, candidates) => (await histories()).findNearestTag(history, head, candidates),
    mergeBase: async (a, b) => ({ sha: await (await histories()).findMergeBase(history, a, b) }),
    isAncestor: async (ancestor, descendant) => (await histories()).findAncestry(history, ancestor, descendant),
    changes: async (base, head) =>
      parseNameStatus((await begun.get(`${base} ${head}`)) ?? (await differences(base, head))),
    tree: async (revision) => {
      const { blobs, ...listed } = parseListing(
        await command().text(['ls-tree', '-r', '-z', '--full-tree', '--end-of-options', revision]),
      );
      const readObjects = async (names: readonly string[]): Promise<Map<string, string>> => {
        const take = async () =>
          parseBatch(await command().bytes(['cat-file', '--batch'], `${names.join('\n')}\n`), names);
        // A checkout that is a partial clone fails at the first content that it lacks; the scratch tells which.
        if (await isPartial()) await beside();
        const contents = await take();
        const lacking = names.filter((name) => !contents.has(name));
        if (lacking.length === 0) return contents;
        // Of a partial clone these alone are fetched.
        await fetch([], lacking);
        return take();
      };
      return {
        ...listed,
        read: async (wanted) => {
          const there = wanted.filter((path) => blobs.has(path));
          if (there.length === 0) return new Map();
          const nameOf = (path: string) => blobs.get(path) ?? '';
          const contents = await readObjects([...new Set(there.map(nameOf))]);
          const missing = there.find((path) => !contents.has(nameOf(path)));
          if (missing === undefined) return new Map(there.map((path) => [path, contents.get(nameOf(path)) ?? '']));
          throw new OpsError({ what: `git does not have the contents of "${missing}" at ${revision}.` });
        },
      };
    },
    dispose: async () => {
      await scratch?.dispose();
      scratch = undefined;
    },
  };
};
