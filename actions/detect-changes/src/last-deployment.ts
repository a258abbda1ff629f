import type { Base, BaseContext, Besides } from './comparison.ts';
import { shortSha } from './comparison.ts';
import type { History } from './deployment-history.ts';
import { readHistory } from './deployment-history.ts';

/** Each is compared with; after more of them nobody knows what runs. */
const MAX_DOUBTS = 20;

/** What a hotfix brought, or a later commit that was faster, goes without a word otherwise. */
const takenAway = (what: string, newer: string, head: string): string =>
  `${what}, ${shortSha(newer)}, is not in the history of ${shortSha(head)}: of services that are deployed now, what it brought is taken away. Merge it first, unless that is meant.`;

const quoted = (names: Iterable<string>): string => [...names].map((name) => `"${name}"`).join(', ');

const bySha = (alone: ReadonlyMap<string, string>): Map<string, Set<string>> => {
  const grouped = new Map<string, Set<string>>();
  for (const [name, sha] of alone) grouped.set(sha, (grouped.get(sha) ?? new Set()).add(name));
  return grouped;
};

interface Look {
  readonly environment: string;
  readonly head: string;
  readonly repository: BaseContext['repository'];
  isInHistory(sha: string): Promise<boolean>;
}

/** What may run besides the base; or why that cannot be told. */
type Found = { readonly besides: readonly Besides[]; readonly notes: readonly string[] } | { readonly unknown: string };

const besidesOfAlone = async ({ base, alone }: History, { head, repository, isInHistory }: Look): Promise<Found> => {
  const besides: Besides[] = [];
  const notes: string[] = [];
  for (const [sha, services] of bySha(alone)) {
    if (sha === base) continue;
    const names = quoted(services);
    const were = services.size === 1 ? 'was' : 'were';
    if (await isInHistory(sha))
      besides.push({ sha, services, instead: true, why: `${names} ${were} deployed from it alone` });
    else if (await repository.obtain(sha)) notes.push(takenAway(`What ${names} ${were} deployed from last`, sha, head));
    else return { unknown: `the commit that ${names} ${were} deployed from, ${shortSha(sha)}, cannot be fetched` };
  }
  return { besides, notes };
};

const besidesOfDoubts = async (
  { base, doubts }: History,
  { environment, head, repository, isInHistory }: Look,
): Promise<Found> => {
  const inDoubt = doubts.filter(({ sha }) => sha !== head && sha !== base);
  if (new Set(inDoubt.map(({ sha }) => sha)).size > MAX_DOUBTS) {
    return {
      unknown: `more than ${MAX_DOUBTS} commits may run in "${environment}" since deployments of them did not succeed`,
    };
  }
  const besides: Besides[] = [];
  for (const { sha, services, how, isCertain } of inDoubt) {
    const counts = await isInHistory(sha);
    if (!counts && !isCertain) continue;
    if (!counts && !(await repository.obtain(sha))) {
      return { unknown: `a deployment of ${shortSha(sha)} ${how}, and that commit cannot be fetched` };
    }
    besides.push({ sha, services, instead: false, why: `a deployment of it ${how}` });
  }
  return { besides, notes: [] };
};

/**
 * Finds the newest commit that the environment was whole at, and what may run besides: services that were deployed alone
 * since, and what deployments left that did not end in success. A revert of those would be no change otherwise.
 */
export const fromLastDeployment = async (environment: string, context: BaseContext): Promise<Base> => {
  const { repository, checkedOut, api } = context;
  const head = checkedOut.sha;
  if (!api) return { unknown: `there is no token to read the deployments to "${environment}" with`, head };
  const isInHistory = async (sha: string): Promise<boolean> =>
    (await repository.obtain(sha)) !== undefined && (await repository.isAncestor(sha, head));
  const history = await readHistory(api, environment, isInHistory);
  const { base, strangers } = history;
  if (base === undefined) {
    const what = strangers.length === 0 ? '' : ' of a commit in this history';
    return { unknown: `there is no successful deployment to "${environment}"${what}`, head };
  }
  const look = { environment, head, repository, isInHistory };
  const alone = await besidesOfAlone(history, look);
  if ('unknown' in alone) return { ...alone, head };
  const doubts = await besidesOfDoubts(history, look);
  if ('unknown' in doubts) return { ...doubts, head };
  const stranger = strangers
    .slice(0, 1)
    .map((sha) => takenAway(`What was deployed to "${environment}" last`, sha, head));
  return {
    base,
    head,
    reason: `the last successful deployment to "${environment}"`,
    notes: [...stranger, ...alone.notes],
    besides: [...alone.besides, ...doubts.besides],
  };
};
