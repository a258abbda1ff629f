import type { DeploymentRecord } from '@hospital-ops/deployments/record';
import { startedOf } from '@hospital-ops/deployments/record';
import type { RecordDeps } from './deps.ts';
import { repositoryOf } from './deps.ts';
import type { RecordInputs } from './inputs.ts';
import { plannedServices } from './services.ts';

/** What was found out before a deployment began. */
export interface Found {
  /** ISO 8601; when the id was made where nobody says. */
  readonly started?: string;
  readonly previous?: DeploymentRecord | undefined;
  readonly overrides?: Pick<DeploymentRecord, 'freeze-override' | 'outdated-override'>;
}

/**
 * Returns the record of the deployment `id` as it begins. `finish` makes the same of what it was told where the beginning
 * cannot be read; it knows nothing of what went before. Pure.
 */
export const openRecord = (
  inputs: RecordInputs,
  deps: RecordDeps,
  id: string,
  { started = startedOf(id), previous, overrides = {} }: Found = {},
): DeploymentRecord => {
  const { environment, kind, reason, version, sha, serviceSha, services = [], images, url } = inputs;
  const { actor, workflow, runUrl } = deps.run;
  const deployed = services.map(({ name }) => name);
  return {
    schema: 1,
    id,
    repository: repositoryOf(deps),
    environment,
    kind,
    ...(reason !== undefined && { reason }),
    version,
    sha,
    status: 'in-progress',
    outcome: '',
    started,
    actor,
    workflow,
    ...(runUrl !== undefined && { 'run-url': runUrl }),
    ...(url !== undefined && { url }),
    ...(previous && { previous: { id: previous.id, version: previous.version, sha: previous.sha } }),
    ...overrides,
    deployed,
    services: plannedServices(previous, deployed, { id, version, sha: serviceSha, images }),
  };
};
