import type { TaskSets } from '../ecs/ecs.ts';
import type { ElbStore } from '../elbv2/state.ts';
import { failed } from './interrupts.ts';
import type { Deployment, SeenTaskSet } from './state.ts';
import { arnOfGroup } from './traffic.ts';

/** Everything one deployment works with. */
export interface Stage {
  readonly cluster: string;
  readonly service: string;
  readonly blue: SeenTaskSet;
  readonly from: string;
  readonly to: string;
  readonly production: readonly string[];
  readonly test: readonly string[];
}

/**
 * Returns what a deployment works with: the service's PRIMARY task set and the target groups between which traffic moves.
 * Throws Ended when they do not fit the deployment group.
 */
export const stageOf = (deployment: Deployment, taskSets: TaskSets, elb: ElbStore): Stage => {
  const { ecsServices, loadBalancerInfo } = deployment.group.config;
  const { clusterName: cluster = 'default', serviceName: service = '' } = ecsServices?.[0] ?? {};
  const [pair] = loadBalancerInfo?.targetGroupPairInfoList ?? [];
  const groups = (pair?.targetGroups ?? []).map(({ name }) => arnOfGroup(elb, name));
  const original = taskSets.list(cluster, service).find(({ status }) => status === 'PRIMARY');
  const serving = original?.loadBalancers?.[0]?.targetGroupArn;
  const from = groups.find((arn) => arn === serving);
  const to = groups.find((arn) => arn !== serving);
  if (original === undefined || from === undefined || to === undefined)
    throw failed(
      'ECS_UPDATE_ERROR',
      'The ECS service does not have a primary task set behind one of the two target groups of the deployment group.',
    );
  const label = { label: 'Blue', targetGroup: from, weight: 100 } as const;
  const blue: SeenTaskSet = {
    id: original.id ?? '',
    desired: 0,
    pending: 0,
    running: 0,
    status: 'PRIMARY',
    ...label,
  };
  deployment.taskSets.push(blue);
  const { prodTrafficRoute, testTrafficRoute } = pair ?? {};
  const listeners = { production: prodTrafficRoute?.listenerArns ?? [], test: testTrafficRoute?.listenerArns ?? [] };
  return { cluster, service, blue, from, to, ...listeners };
};
