import type { ActionResult } from '@hospital-ops/action-kit/run-action';
import type { RecordDeps } from './deps.ts';
import { lookIn, orWarn, storesOf } from './deps.ts';
import { closeRecord, letGo } from './end.ts';
import type { RecordInputs } from './inputs.ts';
import { openRecord } from './open-record.ts';
import { summaryOf } from './report.ts';

const MISSING =
  'services that it left alone are missing from its record, and promotion finds no proof of them until they are deployed again';

/** Records how the deployment ended and lets go of the environment. What fails here is a warning: it is deployed. */
export const runFinish = async (inputs: RecordInputs, deps: RecordDeps): Promise<ActionResult> => {
  const { log } = deps;
  const id = inputs.deploymentId ?? '';
  const stores = storesOf(deps, inputs.environment);
  const found = await orWarn(log, `The beginning of this deployment cannot be read, so ${MISSING}`, async () => ({
    record: await lookIn(stores, (reader) => reader.find(id)),
  }));
  if (found !== undefined && found.record === undefined) {
    log.warning(`The beginning of this deployment is not recorded, so ${MISSING}.`, { title: 'deployment-record' });
  }
  const record = found?.record ?? openRecord(inputs, deps, id);
  const isOpen = record.status === 'in-progress';
  if (!isOpen) log.notice(`This deployment is recorded as ${record.status} already; that stands.`);
  const { record: ended, isKept } = isOpen
    ? await closeRecord(record, { ...inputs, results: inputs.services }, deps, stores)
    : { record, isKept: true };
  // What nobody finds holds nothing; what could not be read may.
  await letGo(inputs, deps, id, isKept || (found !== undefined && found.record === undefined));
  const what = `${ended.kind} ${ended.version} to ${ended.environment}`;
  if (isKept) log.info(`Recorded ${what} as ${ended.status}.`);
  else {
    log.warning(`${what} ended as ${ended.status}; that is recorded nowhere.`, { title: 'deployment-record' });
  }
  return {
    outputs: {
      'deployment-id': id,
      'previous-version': ended.previous?.version ?? '',
      'previous-sha': ended.previous?.sha ?? '',
      status: ended.status,
      services: inputs.told,
      'duration-seconds': String(ended['duration-seconds'] ?? ''),
    },
    summary: summaryOf(ended),
  };
};
