import { nameOf } from '../ids.ts';
import { AwsFault } from '../service.ts';
import type { Cluster, Service, Task, TaskDefinition } from './state.ts';

/** The tables of the local ECS and how its API finds things in them. Lookups throw the errors of the API reference. */
export class EcsStore {
  readonly clusters = new Map<string, Cluster>();
  readonly families = new Map<string, TaskDefinition[]>();
  /** By cluster name and service name; an INACTIVE one stays until another of its name is created. */
  readonly services = new Map<string, Service>();
  readonly tasks = new Map<string, Task>();

  /** The cluster by name or ARN; `default` when absent, as in every ECS call. */
  cluster(nameOrArn: string | undefined): Cluster {
    const found = this.clusters.get(nameOf(nameOrArn ?? 'default'));
    if (found === undefined || found.status !== 'ACTIVE')
      throw new AwsFault('ClusterNotFoundException', 'Cluster not found.');
    return found;
  }

  findService(cluster: Cluster, nameOrArn: string): Service | undefined {
    return this.services.get(`${cluster.name}/${nameOf(nameOrArn)}`);
  }

  service(cluster: Cluster, nameOrArn: string): Service {
    const found = this.findService(cluster, nameOrArn);
    if (found === undefined) throw new AwsFault('ServiceNotFoundException', 'Service not found.');
    if (found.status !== 'ACTIVE') throw new AwsFault('ServiceNotActiveException', 'Service was not ACTIVE.');
    return found;
  }

  /** By `family` (its newest ACTIVE revision), `family:revision` or ARN. */
  findTaskDefinition(reference: string): TaskDefinition | undefined {
    const [family = '', revision] = reference.replace(/^arn:.*:task-definition\//, '').split(':');
    const revisions = this.families.get(family) ?? [];
    if (revision === undefined) return revisions.findLast(({ deregisteredAt }) => deregisteredAt === undefined);
    return revisions.find((candidate) => String(candidate.revision) === revision);
  }

  /** For a new service, update or task; an INACTIVE revision cannot be used ("Deregistering a task definition"). */
  usableTaskDefinition(reference: string): TaskDefinition {
    const found = this.findTaskDefinition(reference);
    if (found === undefined) throw new AwsFault('ClientException', 'TaskDefinition not found.');
    if (found.deregisteredAt !== undefined) throw new AwsFault('ClientException', 'TaskDefinition is inactive');
    return found;
  }

  findTask(cluster: Cluster, idOrArn: string): Task | undefined {
    const found = this.tasks.get(nameOf(idOrArn));
    return found?.cluster === cluster ? found : undefined;
  }

  tasksOf(service: Service): Task[] {
    return [...this.tasks.values()].filter((task) => task.service === service);
  }
}
