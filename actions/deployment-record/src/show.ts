import type { ActionResult } from '@hospital-ops/action-kit/run-action';
import { githubLock } from '@hospital-ops/deployments/github-lock';
import { tableLock } from '@hospital-ops/deployments/lock';
import type { RecordDeps } from './deps.ts';
import { orWarn, partition, storesOf } from './deps.ts';
import { showHolder } from './hold.ts';
import type { RecordInputs } from './inputs.ts';
import { lineOf, overviewOf } from './report.ts';

const neverOpened = () => Promise.reject(new Error('show opens nothing'));

/** Prints the last deployments of an environment. Throws what the store throws. */
export const runShow = async (inputs: RecordInputs, deps: RecordDeps): Promise<ActionResult> => {
  const { environment, limit } = inputs;
  const { table, github, clock, log } = deps;
  const stores = storesOf(deps, environment);
  const records = (await (stores.table ?? stores.github)?.list(limit)) ?? [];
  const lock = table
    ? tableLock(table, partition(deps, environment))
    : github && githubLock(github, environment, clock, neverOpened);
  const seen = await orWarn(log, 'Who holds the environment cannot be read', async () => ({
    holder: await lock?.holder(),
  }));
  for (const record of records) log.info(lineOf(record));
  if (records.length === 0) log.info(`No deployment to ${environment} is recorded.`);
  const shownHolder = seen?.holder === undefined ? '' : showHolder(seen.holder);
  return {
    outputs: {
      records: JSON.stringify(records),
      'lock-holder': shownHolder,
      status: records[0]?.status ?? '',
      'previous-version': records.find(({ status }) => status === 'success')?.version ?? '',
      'previous-sha': records.find(({ status }) => status === 'success')?.sha ?? '',
    },
    summary: overviewOf(environment, records, seen && shownHolder),
  };
};
