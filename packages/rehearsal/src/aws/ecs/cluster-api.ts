import { nameOf } from '../ids.ts';
import type { CallContext } from '../service.ts';
import type { CreateClusterRequest } from './client.ts';
import type { Cluster } from './state.ts';
import type { EcsStore } from './store.ts';

const answer = (cluster: Cluster, store: EcsStore, include: readonly string[]) => {
  const tasks = [...store.tasks.values()].filter((task) => task.cluster === cluster);
  const { tags: _tags, clusterName: _name, serviceConnectDefaults: _defaults, ...request } = cluster.request;
  return {
    ...request,
    clusterArn: cluster.arn,
    clusterName: cluster.name,
    status: cluster.status,
    registeredContainerInstancesCount: 0,
    runningTasksCount: tasks.filter(({ status }) => status === 'RUNNING').length,
    pendingTasksCount: tasks.filter(({ status }) => status === 'PENDING' || status === 'PROVISIONING').length,
    activeServicesCount: [...store.services.values()].filter((s) => s.cluster === cluster && s.status === 'ACTIVE')
      .length,
    ...(include.includes('TAGS') ? { tags: [...cluster.tags] } : {}),
  };
};

export const clusterApi = (store: EcsStore) => ({
  CreateCluster: (request: CreateClusterRequest, { region, accountId }: CallContext) => {
    const name = request.clusterName ?? 'default';
    const known = store.clusters.get(name);
    // An existing name is no error: the cluster is given back as it is (API_CreateCluster, observed by its tools).
    const cluster: Cluster = known ?? {
      arn: `arn:aws:ecs:${region}:${accountId}:cluster/${name}`,
      name,
      status: 'ACTIVE',
      tags: request.tags ?? [],
      request: { ...request },
    };
    store.clusters.set(name, cluster);
    return { cluster: answer(cluster, store, ['TAGS']) };
  },
  DescribeClusters: (
    { clusters = ['default'], include = [] }: { clusters?: string[]; include?: string[] },
    { region, accountId }: CallContext,
  ) => {
    const found = clusters.map((reference) => ({ reference, cluster: store.clusters.get(nameOf(reference)) }));
    return {
      clusters: found.flatMap(({ cluster }) => (cluster === undefined ? [] : [answer(cluster, store, include)])),
      failures: found
        .filter(({ cluster }) => cluster === undefined)
        .map(({ reference }) => ({
          arn: `arn:aws:ecs:${region}:${accountId}:cluster/${nameOf(reference)}`,
          reason: 'MISSING',
        })),
    };
  },
});
