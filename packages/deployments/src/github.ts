import type { Deployment, DeploymentWord, GitHubApi } from '@hospital-ops/github/api';
import { at, integerAt } from '@hospital-ops/github/json';
import { OUTCOMES, statusOf } from './outcome.ts';
import type { DeploymentRecord } from './record.ts';
import { NO_SERVICE_TOUCHED, parseRecord, UNTOUCHED } from './record.ts';
import type { RecordReader } from './store.ts';

export type Deployments = Pick<
  GitHubApi,
  'listDeployments' | 'deploymentWord' | 'createDeployment' | 'createDeploymentStatus'
>;

/** What the suite gives a deployment at GitHub along. */
export interface Payload {
  /** As the deployment began; how it ended stands in its statuses. */
  readonly 'hospital-ops': DeploymentRecord;
  /** When its hold on the environment is over, milliseconds since the epoch. */
  readonly expires: number;
}

/** A deployment at GitHub that this suite made. */
export interface Known {
  readonly id: number;
  readonly record: DeploymentRecord;
  readonly expires: number;
}

/** Returns what the suite knows of a deployment, or undefined for one that others made. */
export const knownOf = ({ id, payload }: Deployment): Known | undefined => {
  const record = parseRecord(at(payload, 'hospital-ops'));
  return record && { id, record, expires: integerAt(payload, 'expires') ?? 0 };
};

/** Returns the outcome that a word on one of the suite's deployments tells: it begins with it. */
export const outcomeIn = ({ description, state }: DeploymentWord): string => {
  const [word = ''] = description.split(/[:.\s]/, 1);
  if (OUTCOMES.includes(word)) return word;
  return state === 'success' || state === 'failure' ? state : 'unknown';
};

const OPEN = new Set(['in_progress', 'queued']);

/** True when a deployment has not ended, as far as its newest word tells. */
export const isOpen = (word: DeploymentWord | undefined): boolean => word === undefined || OPEN.has(word.state);

/** GitHub keeps how a deployment ended as a whole: that is said of each service that was to be deployed. */
const ended = (record: DeploymentRecord, word: DeploymentWord): DeploymentRecord => {
  const outcome = outcomeIn(word);
  const said = word.description.endsWith(NO_SERVICE_TOUCHED) ? UNTOUCHED : outcome;
  const seconds = word.at === undefined ? Number.NaN : (Date.parse(word.at) - Date.parse(record.started)) / 1000;
  return {
    ...record,
    outcome,
    status: statusOf(outcome),
    ...(word.at !== undefined && { ended: word.at }),
    ...(Number.isFinite(seconds) && { 'duration-seconds': Math.max(0, Math.round(seconds)) }),
    services: Object.fromEntries(
      Object.entries(record.services).map(([name, state]) => [
        name,
        state.outcome === 'planned' ? { ...state, outcome: said } : state,
      ]),
    ),
  };
};

const told = ({ id, record }: Known, word: DeploymentWord | undefined): DeploymentRecord => {
  const own = { ...record, 'github-deployment': id };
  return word === undefined || isOpen(word) ? own : ended(own, word);
};

/** Deployments of the environment that are looked through. */
const PAGES = 3;

/** Returns a reader of the records that stand in GitHub's deployments. Methods throw OpsError. */
export const githubRecords = (api: Deployments, environment: string): RecordReader => {
  /** Newest first, page by page. */
  const pages = async function* (): AsyncGenerator<readonly Known[]> {
    for (let page = 1; page <= PAGES; page += 1) {
      const found = await api.listDeployments(environment, page);
      if (found.length === 0) return;
      yield found.flatMap((deployment) => knownOf(deployment) ?? []);
    }
  };
  const read = async (known: Known): Promise<DeploymentRecord> => told(known, await api.deploymentWord(known.id));
  return {
    current: async () => {
      for await (const page of pages()) {
        for (const known of page) {
          const record = await read(known);
          if (record.status === 'success') return record;
        }
      }
      return undefined;
    },
    find: async (id) => {
      for await (const page of pages()) {
        const known = page.find(({ record }) => record.id === id);
        if (known !== undefined) return read(known);
      }
      return undefined;
    },
    list: async (limit, before) => {
      const found: Known[] = [];
      for await (const page of pages()) {
        found.push(...page.filter(({ record }) => before === undefined || record.id < before));
        if (found.length >= limit) break;
      }
      return Promise.all(found.slice(0, limit).map(read));
    },
  };
};
