import type { AwsService } from '../service.ts';
import type { ConductorOptions } from './conductor.ts';
import { Conductor } from './conductor.ts';
import { addDeployment, deploymentApi } from './deployment-api.ts';
import { groupApi } from './group-api.ts';
import { createState } from './state.ts';

export interface LocalCodeDeploy {
  readonly service: AwsService;
  /** The next `times` rollbacks end Failed and change nothing. */
  failRollback(times?: number): void;
}

/** Returns AWS CodeDeploy for services of ECS. Lambda functions of hooks are listed and not called. */
export const createCodeDeploy = (
  options: Omit<ConductorOptions, 'createRollback' | 'rollbackFails'>,
): LocalCodeDeploy => {
  const state = createState();
  let failing = 0;
  const conductor = new Conductor({
    ...options,
    rollbackFails: () => {
      failing -= 1;
      return failing >= 0;
    },
    createRollback: (of) => {
      const { group, configName, spec, previous } = of;
      const rollback = addDeployment(
        state,
        group,
        { revision: previous, spec, creator: 'codeDeployRollback', configName },
        options.timeline.now(),
      );
      rollback.rollback = { rollbackTriggeringDeploymentId: of.id };
      of.rollback = {
        rollbackDeploymentId: rollback.id,
        rollbackMessage: `Deployment ${of.id} is being rolled back by ${rollback.id}.`,
      };
      return rollback;
    },
  });
  return {
    service: {
      name: 'codedeploy',
      targetPrefix: 'CodeDeploy_20141006',
      operations: {
        ...groupApi(state),
        ...deploymentApi(state, (deployment) => void conductor.conduct(deployment)),
      },
    },
    failRollback: (times = 1) => {
      failing = Math.max(0, failing) + times;
    },
  };
};
