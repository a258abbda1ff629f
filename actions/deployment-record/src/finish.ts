import type { ActionResult } from '@hospital-ops/action-kit/run-action';
import type { RecordDeps } from './deps.ts';
import { lookIn, orWarn, storesOf } from './deps.ts';
import { closeRecord, letGo } from './end.ts';
import type { RecordInputs } from './inputs.ts';
import { openRecord } from './open-record.ts';
import { summaryOf } from './report.ts';

/** Records how the deployment ended and lets go of the environment. What fails here is a warning: it is deployed. */
export const runFinish = async (inputs: RecordInputs, deps: RecordDeps): Promise<ActionResult> => {
  const { log } = deps;
  const id = inputs.deploymentId ?? '';
  const stores = storesOf(deps, inputs.environment);
  const found = await orWarn(log, 'The beginning of this deployment cannot be read', () =>
    lookIn(stores, (reader) => reader.find(id)),
  );
  if (found === undefined) {
    log.warning('The beginning of this deployment is not recorded: services that were left alone are missing.');
  }
  const record = found ?? openRecord(inputs, deps, id);
  const ended =
    record.status === 'in-progress'
      ? await closeRecord(record, { ...inputs, results: inputs.services ?? [] }, deps, stores)
      : record;
  if (ended === record) log.notice(`This deployment is recorded as ${record.status} already; that stands.`);
  await letGo(inputs, deps, id);
  log.info(`Recorded ${ended.kind} ${ended.version} to ${ended.environment} as ${ended.status}.`);
  return {
    outputs: {
      'deployment-id': id,
      'previous-version': ended.previous?.version ?? '',
      'previous-sha': ended.previous?.sha ?? '',
      status: ended.status,
    },
    summary: summaryOf(ended),
  };
};
