import { asOpsError } from '@hospital-ops/action-kit/errors';
import type { Service } from '@hospital-ops/aws/ecs/ports';
import { shortName } from '@hospital-ops/aws/ecs/task-definition';
import { isTransient } from '@hospital-ops/aws/errors';
import type { ServicePlan } from '../plan/plan.ts';
import { describeStop, failedTasksOf } from '../report/diagnose.ts';
import type { Release } from './roll-out.ts';

/**
 * Returns a count of the failed tasks among a service's stopped ones. The count of ECS starts again at 0 whenever a task
 * runs, so a task that starts and then crashes may never show there. Without the right to look, ECS's count is left.
 */
export const createFailureCount = (
  { ecs, inputs, log }: Release,
  service: string,
  revision: string,
  since: number,
  others?: ReadonlySet<string>,
) => {
  let mayLook = true;
  let last = 0;
  const told = new Set<string>();
  return async (): Promise<number> => {
    if (!mayLook) return 0;
    try {
      const failed = failedTasksOf(
        await ecs.listTasks(inputs.cluster, { service }, 'STOPPED'),
        revision,
        since,
        others,
      );
      for (const task of failed.filter(({ arn }) => !told.has(arn)).reverse()) {
        told.add(task.arn);
        log.info(`${service}: task ${shortName(task.arn)} failed: ${describeStop(task)}`);
      }
      last = failed.length;
      return last;
    } catch (error) {
      // The service itself is in sight: that must not be lost for a count.
      if (isTransient(error)) return last;
      mayLook = false;
      log.warning(`${asOpsError(error).what} Failed tasks are counted by ECS alone.`);
      return 0;
    }
  };
};

/** Ids of the deployments that are not this run's: one that is deployed anew may run what crashed before. */
export const earlierOf = (
  { action, before }: ServicePlan,
  told: Service,
  ours: string | undefined,
): ReadonlySet<string> => {
  const known = action === 'deploy' ? [...before.deployments, ...told.deployments] : [];
  return new Set(known.flatMap(({ id }) => (id === ours ? [] : [id])));
};
