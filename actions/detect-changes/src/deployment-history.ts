import { isOpen, knownOf, outcomeIn } from '@hospital-ops/deployments/github';
import { isWhole } from '@hospital-ops/deployments/look-up';
import type { DeploymentRecord } from '@hospital-ops/deployments/record';
import type { Deployment, DeploymentWord, GitHubApi } from '@hospital-ops/github/api';

type Api = Pick<GitHubApi, 'listDeployments' | 'deploymentWord'>;

/** Deployments that are looked at; one call each. A release that is further back has nothing in common with this one. */
const DEPLOYMENTS = 200;

/** After these what ran before runs still. */
const LEFT_AS_IT_WAS = new Set(['rolled-back', 'skipped']);

/** A deployment that did not end in success: what it deployed may run all the same. */
export interface Doubt {
  readonly sha: string;
  /** Undefined where nobody knows which they are. */
  readonly services: ReadonlySet<string> | undefined;
  /** `ended as rollback-failed` */
  readonly how: string;
  /** It ended, and what it was to deploy is known: then it counts wherever its commit lies. */
  readonly isCertain: boolean;
}

/** What the deployments of an environment say, from the newest back to the one that the environment was whole at. */
export interface History {
  readonly base: string | undefined;
  /** Commits of successes that are newer than the base and in another history. */
  readonly strangers: readonly string[];
  /** Services that run another commit than the base: deployed without others that had changed, or not rolled back. */
  readonly alone: ReadonlyMap<string, string>;
  readonly doubts: readonly Doubt[];
}

const sayHow = (word: DeploymentWord | undefined, record: DeploymentRecord | undefined): string => {
  if (isOpen(word)) return 'did not end yet';
  return `ended as ${record && word ? outcomeIn(word) : (word?.state ?? 'nobody knows')}`;
};

const shaOf = (record: DeploymentRecord, name: string): string => record.services[name]?.sha ?? record.sha;

/** Which services a deployment that did not succeed may have left, by commit; those that a later one settled do not count. */
const doubtsOf = (
  { sha, record }: { readonly sha: string; readonly record: DeploymentRecord | undefined },
  word: DeploymentWord | undefined,
  settled: ReadonlySet<string>,
): Doubt[] => {
  const how = sayHow(word, record);
  if (record === undefined) return [{ sha, services: undefined, how, isCertain: false }];
  if (word !== undefined && LEFT_AS_IT_WAS.has(outcomeIn(word))) return [];
  const left = record.deployed.filter((name) => !settled.has(name));
  return [...new Set(left.map((name) => shaOf(record, name)))].map((from) => ({
    sha: from,
    services: new Set(left.filter((name) => shaOf(record, name) === from)),
    how,
    isCertain: !isOpen(word),
  }));
};

async function* newestFirst(api: Api, environment: string): AsyncGenerator<Deployment> {
  let seen = 0;
  for (let page = 1; seen < DEPLOYMENTS; page += 1) {
    const deployments = await api.listDeployments(environment, page);
    if (deployments.length === 0) return;
    seen += deployments.length;
    yield* deployments;
  }
}

/** Services that a roll-back left as they were: its version did not have them, or they were not asked for. */
const notRolledBack = (record: DeploymentRecord): readonly string[] =>
  record.kind === 'rollback' ? Object.keys(record.services).filter((name) => !record.deployed.includes(name)) : [];

/** Reads back to the newest success that left the whole environment at one commit of this history. */
export const readHistory = async (
  api: Api,
  environment: string,
  isInHistory: (sha: string) => Promise<boolean>,
): Promise<History> => {
  const strangers = new Set<string>();
  /** Services of which a newer success tells what they run. */
  const settled = new Set<string>();
  const alone = new Map<string, string>();
  const doubts: Doubt[] = [];
  let base: string | undefined;
  for await (const deployment of newestFirst(api, environment)) {
    const { sha } = deployment;
    const record = knownOf(deployment)?.record;
    // Of what others deployed nothing more can be learned from the same commit twice.
    if (record === undefined && strangers.has(sha)) continue;
    const word = await api.deploymentWord(deployment.id);
    if (word?.state !== 'success') {
      doubts.push(...doubtsOf({ sha, record }, word, settled));
      continue;
    }
    const isOurs = await isInHistory(sha);
    if (isOurs) base ??= sha;
    else strangers.add(sha);
    const isLast = isOurs && (record === undefined || isWhole(record));
    if (record !== undefined) {
      for (const name of isLast ? notRolledBack(record) : record.deployed) {
        if (isOurs && !settled.has(name)) alone.set(name, shaOf(record, name));
        settled.add(name);
      }
    }
    if (isLast) break;
  }
  return { base, strangers: [...strangers], alone, doubts };
};
