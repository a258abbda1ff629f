import type { ActionResult } from '@hospital-ops/action-kit/run-action';
import type { DeploymentRecord } from '@hospital-ops/deployments/record';
import { startedOf } from '@hospital-ops/deployments/record';
import type { RecordDeps } from './deps.ts';
import { lookIn, orWarn, repositoryOf, storesOf } from './deps.ts';
import { closeRecord, letGo } from './end.ts';
import type { RecordInputs } from './inputs.ts';
import { summaryOf } from './report.ts';
import { plannedServices } from './services.ts';

/** What is known of a deployment whose beginning was not recorded. */
const unrecorded = (inputs: RecordInputs, deps: RecordDeps, id: string): DeploymentRecord => {
  const { environment, kind, version, sha, serviceSha, services = [], images } = inputs;
  const deployed = services.map(({ name }) => name);
  return {
    schema: 1,
    id,
    repository: repositoryOf(deps),
    environment,
    kind,
    version,
    sha,
    status: 'in-progress',
    outcome: '',
    started: startedOf(id),
    actor: deps.run.actor,
    workflow: deps.run.workflow,
    ...(deps.run.runUrl !== undefined && { 'run-url': deps.run.runUrl }),
    deployed,
    services: plannedServices(undefined, deployed, { id, version, sha: serviceSha, images }),
  };
};

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
  const record = found ?? unrecorded(inputs, deps, id);
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
