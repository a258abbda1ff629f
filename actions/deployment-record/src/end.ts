import type { Log } from '@hospital-ops/action-kit/log';
import { tableLock } from '@hospital-ops/deployments/lock';
import { githubStateOf, statusOf } from '@hospital-ops/deployments/outcome';
import type { DeploymentRecord } from '@hospital-ops/deployments/record';
import { isUntouched, NO_SERVICE_TOUCHED } from '@hospital-ops/deployments/record';
import type { RecordDeps, Stores } from './deps.ts';
import { orWarn, partition, redacted } from './deps.ts';
import { showHolder } from './hold.ts';
import type { RecordInputs } from './inputs.ts';
import type { Spoken } from './services.ts';
import { endedServices } from './services.ts';

export interface Ending extends Spoken {
  readonly url?: string | undefined;
}

/** The end of a deployment of which nothing is known but a word. */
export const endingIn = (outcome: string): Ending => ({ outcome, results: undefined, images: new Map() });

/** Returns the record as it ends at `now`, milliseconds since the epoch. Pure. */
export const endedRecord = (record: DeploymentRecord, ending: Ending, now: number): DeploymentRecord => {
  const { outcome, results = [], url } = ending;
  const status = statusOf(outcome);
  const seconds = Math.round((now - Date.parse(record.started)) / 1000);
  return {
    ...record,
    status,
    outcome,
    ended: new Date(now).toISOString(),
    'duration-seconds': Math.max(0, seconds),
    ...(url !== undefined && { url }),
    deployed: [...new Set([...record.deployed, ...results.map(({ name }) => name)])],
    services: endedServices(record, ending, status),
  };
};

const described = (record: DeploymentRecord): string => {
  const { outcome, services, deployed } = record;
  if (isUntouched(record)) return `${outcome}: ${NO_SERVICE_TOUCHED}`;
  const reasons = deployed.flatMap((name) => {
    const reason = services[name]?.reason;
    return reason === undefined ? [] : [`${name}: ${reason}`];
  });
  return `${outcome}: ${reasons.join('; ') || deployed.join(', ') || 'nothing'}`;
};

export interface Kept {
  readonly record: DeploymentRecord;
  /** False when it stands neither in the table nor at GitHub. */
  readonly isKept: boolean;
}

/** Writes the end of a record to the table and to GitHub; what fails is told in a warning about `whose` end is missing. */
export const closeRecord = async (
  record: DeploymentRecord,
  ending: Ending,
  { github, table, clock, log, run, redact }: RecordDeps,
  stores: Stores,
  whose = 'this deployment',
): Promise<Kept> => {
  const ended = redacted(endedRecord(record, ending, table?.now() ?? clock.now()), redact);
  const inTable = await orWarn(
    log,
    `The end of ${whose} is missing from the table: promotion and metrics do not see it`,
    async () => {
      if ((await stores.table?.end(ended)) === false) log.notice(`The end of ${whose} was recorded before.`);
      return stores.table !== undefined;
    },
  );
  const number = ended['github-deployment'];
  const atGitHub = await orWarn(
    log,
    `GitHub does not show how ${whose} ended, and detect-changes will not take it for the last one`,
    async () => {
      if (github === undefined || number === undefined) return false;
      await github.createDeploymentStatus(number, {
        state: githubStateOf(ended.status),
        description: described(ended),
        environmentUrl: ended.url,
        logUrl: ended['run-url'] ?? run.runUrl,
      });
      return true;
    },
  );
  return { record: ended, isKept: inTable === true || atGitHub === true };
};

/**
 * Gives the lock back if it is held by `id`; a lock of somebody else is left alone. Without a table the word on the end of
 * the deployment does that, where it could be written: `isEnded`.
 */
export const letGo = async (inputs: RecordInputs, deps: RecordDeps, id: string, isEnded: boolean): Promise<void> => {
  const { table, log } = deps;
  if (!inputs.lock) return;
  const missing = `The lock of "${inputs.environment}" stays until its lease is over, and others are kept out for so long (README of deployment-record, "Remove a lock")`;
  if (table === undefined) {
    if (!isEnded) log.warning(`${missing}.`, { title: 'deployment-record' });
    return;
  }
  await orWarn(log, missing, async () => {
    const release = await tableLock(table, partition(deps, inputs.environment)).release(id);
    if (release.kind === 'lost') tellLost(log, showHolder(release.holder));
  });
};

const tellLost = (log: Log, holder: string): void =>
  log.warning(
    `The environment is not held by this deployment any more, but by ${holder}. If this one took longer than \`lock-ttl\`, both deployed at once: look at what serves.`,
    { title: 'deployment-record' },
  );
