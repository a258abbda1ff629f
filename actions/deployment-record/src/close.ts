import type { ActionResult } from '@hospital-ops/action-kit/run-action';
import { Summary } from '@hospital-ops/action-kit/summary';
import type { RecordDeps } from './deps.ts';
import { lookIn, orWarn, storesOf } from './deps.ts';
import { closeRecord, endingIn, letGo } from './end.ts';
import type { RecordInputs } from './inputs.ts';
import { summaryOf } from './report.ts';

/** What the status of a job says of a deployment that nobody finished: of a job that went well, nothing. */
const outcomeOf = (jobStatus: string): string =>
  jobStatus === 'cancelled' || jobStatus === 'failure' ? jobStatus : 'unknown';

/**
 * Closes what `finish` never reached: the job was cancelled, crashed or ran out of time, or has no such step. The status
 * of the job is the input `status`, whose default the runner reads anew for the post step.
 */
export const runClose = async (inputs: RecordInputs, deps: RecordDeps, id: string): Promise<ActionResult> => {
  const { log } = deps;
  const nothing: ActionResult = { outputs: {}, summary: new Summary() };
  if (inputs.operation !== 'start' || inputs.keepOpen) return nothing;
  const stores = storesOf(deps, inputs.environment);
  const found = await orWarn(
    log,
    'Whether this deployment was finished cannot be read: if it was not, it stays open in the record',
    async () => ({ record: await lookIn(stores, (reader) => reader.find(id)) }),
  );
  const outcome = outcomeOf(inputs.outcome);
  const ended =
    found?.record?.status === 'in-progress'
      ? await closeRecord(found.record, { ...endingIn(outcome), images: inputs.images }, deps, stores)
      : undefined;
  await letGo(inputs, deps, id, found !== undefined && ended?.isKept !== false);
  if (ended === undefined) return nothing;
  const recorded = ended.isKept ? `recorded as ${outcome}` : 'nothing of that is recorded';
  log.warning(
    outcome === 'unknown'
      ? `The job ended without saying how the deployment did: ${recorded}. Add a step with \`operation: finish\`.`
      : `The job ended before the deployment was finished: ${recorded}. Look at what serves.`,
    { title: 'deployment-record' },
  );
  return { outputs: {}, summary: summaryOf(ended.record) };
};
