import type { Service } from '@hospital-ops/aws/ecs/ports';
import { primaryOf } from '@hospital-ops/aws/ecs/service';
import type { Deps } from '../deps.ts';
import { NO_LOOKS } from '../rollout/observation.ts';
import type { Observer } from '../rollout/observe.ts';
import { createProgress } from '../rollout/progress.ts';
import type { CodeDeployObservation } from './decide.ts';

interface Watching extends Deps {
  readonly observer: Observer;
}

/** What a look is for. `wanted` is the ARN of the definition that is to take the traffic. */
interface Wanted {
  readonly name: string;
  readonly service: string;
  readonly wanted: string;
  readonly before: Service | undefined;
}

/** Returns a look at a deployment of CodeDeploy, at the one that takes it back if there is one, and at the service. */
export const createCodeDeployLook = (
  { codeDeploy, observer, log }: Watching,
  { name, service, wanted, before }: Wanted,
) => {
  const progress = createProgress(name, wanted, before, log);
  let looks = { missing: 0, other: 0 };
  let told = '';
  return async (id: string): Promise<Omit<CodeDeployObservation, 'gate' | 'gateLeftMs' | 'failedTasks'>> => {
    const [seen, deployment] = await Promise.all([observer.service(service), codeDeploy.deployment(id)]);
    const next = deployment?.rollback?.deployment;
    const rollback = next === undefined ? undefined : await codeDeploy.deployment(next);
    const missing = seen === undefined || deployment === undefined;
    const primary = seen && primaryOf(seen);
    looks = {
      missing: missing ? looks.missing + 1 : 0,
      other: primary !== undefined && primary.taskDefinition !== wanted ? looks.other + 1 : 0,
    };
    progress({
      service: seen,
      deployment: undefined,
      sight: 'none',
      failedTasks: 0,
      looks: NO_LOOKS,
      gate: undefined,
      bakeLeftMs: 0,
      gateLeftMs: 0,
    });
    const now = [deployment, rollback]
      .flatMap((one) => (one === undefined ? [] : [`${one.id} ${one.status}`]))
      .join(', ');
    const waits = deployment?.waitsForTermination === true && deployment.status === 'InProgress';
    const line = `${name}: CodeDeploy ${now}${waits ? ', the traffic has moved, the old tasks are kept for a while' : ''}`;
    if (line !== told) log.info(line);
    told = line;
    return { deployment, rollback, service: seen, looks };
  };
};
