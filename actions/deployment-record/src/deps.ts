import type { Clock } from '@hospital-ops/action-kit/clock';
import { tell } from '@hospital-ops/action-kit/errors';
import type { Log } from '@hospital-ops/action-kit/log';
import type { Table } from '@hospital-ops/aws/dynamodb/ports';
import type { Deployments } from '@hospital-ops/deployments/github';
import { githubRecords } from '@hospital-ops/deployments/github';
import type { DeploymentRecord } from '@hospital-ops/deployments/record';
import type { RecordReader, RecordStore } from '@hospital-ops/deployments/store';
import { partitionOf, tableRecords } from '@hospital-ops/deployments/store';
import type { GitHubApi } from '@hospital-ops/github/api';
import type { Branches } from '@hospital-ops/github/branches';
import type { EventContext } from '@hospital-ops/github/context';

export interface RecordDeps {
  /** Undefined where the record is kept at GitHub alone. */
  readonly table: Table | undefined;
  /** Undefined without a token or a repository. */
  readonly github: (Deployments & Pick<GitHubApi, 'compare'>) | undefined;
  /** Undefined where `github` is. */
  readonly branches: Pick<Branches, 'relation'> | undefined;
  readonly run: Pick<EventContext, 'repository' | 'actor' | 'workflow' | 'runUrl' | 'runId' | 'runAttempt'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** A number in [0, 1). */
  readonly random: () => number;
  /** No other process writes under this name. */
  readonly writer: string;
  readonly redact: (text: string) => string;
  readonly saveState: (name: 'id', value: string) => void;
}

export const repositoryOf = ({ run }: RecordDeps): string =>
  run.repository === undefined ? 'unknown/unknown' : `${run.repository.owner}/${run.repository.name}`;

export const partition = (deps: RecordDeps, environment: string): string =>
  partitionOf(repositoryOf(deps), environment);

/** Where the deployments to an environment are recorded: the table first, what GitHub knows behind it. */
export interface Stores {
  readonly table: RecordStore | undefined;
  readonly github: RecordReader | undefined;
}

export const storesOf = (deps: RecordDeps, environment: string): Stores => ({
  table: deps.table && tableRecords(deps.table, partition(deps, environment), deps.writer),
  github: deps.github && githubRecords(deps.github, environment),
});

/**
 * Returns what `look` finds in the first store that has it. A table that is new knows nothing of what went before, GitHub
 * does. Throws what the last store throws when none answered.
 */
export const lookIn = async (
  { table, github }: Stores,
  look: (reader: RecordReader) => Promise<DeploymentRecord | undefined>,
): Promise<DeploymentRecord | undefined> => {
  let failure: unknown;
  let answered = false;
  for (const reader of [table, github]) {
    if (reader === undefined) continue;
    try {
      const found = await look(reader);
      answered = true;
      if (found !== undefined) return found;
    } catch (error) {
      failure ??= error;
    }
  }
  if (failure !== undefined && !answered) throw failure;
  return undefined;
};

/** Does what the deployment does not depend on; when that fails, a warning says what is missing now. */
export const orWarn = async <T>(log: Log, missing: string, work: () => Promise<T>): Promise<T | undefined> => {
  try {
    return await work();
  } catch (error) {
    log.warning(`${missing}: ${tell(error)}`, { title: 'deployment-record' });
    return undefined;
  }
};

/** Returns a value with every text in it redacted: a record is read by more people than a log. */
export const redacted = <T>(value: T, redact: (text: string) => string): T => {
  if (typeof value === 'string') return redact(value) as T;
  if (Array.isArray(value)) return value.map((entry) => redacted(entry, redact)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, redacted(entry, redact)])) as T;
};
