import type { ResolvedEnvironment, ResolvedService } from '@hospital-ops/pipeline/model';
import type { TaskSnapshot } from '../aws/ecs/snapshot.ts';
import type { LocalAws } from '../aws/local-aws.ts';
import type { ServingRecord } from '../report/model.ts';
import { contentOf } from '../world/images.ts';
import type { StandIns } from '../world/stand-ins.ts';
import { ecsServicesOf, ownerOf } from '../world/strategies.ts';
import type { Facts, ServiceFacts } from './audit.ts';

interface Container {
  readonly name: string;
  readonly image?: string;
  readonly environment?: ReadonlyArray<{ readonly name?: string; readonly value?: string }>;
}

/** Reads the local AWS itself, past everything that the actions say. */
export interface Truth {
  /** The version that a task definition (`family:revision`) tells its container, or undefined. */
  versionOf(taskDefinition: string): string | undefined;
  serving(): readonly ServingRecord[];
  facts(): Facts;
}

/** `127.0.0.1:1/repository:tag` or `…@sha256:…` as repository and reference. */
const parseImage = (image: string): { repository: string; reference: string } => {
  const [, repository = '', tag, digest] = /^[^/]+\/(.+?)(?::([^@/]+))?(?:@(sha256:\w+))?$/.exec(image) ?? [];
  return { repository, reference: digest ?? tag ?? 'latest' };
};

/** Revisions (`family:revision`) that answer at a service's address, newest first; undefined when it has none. */
const revisionsBehind = (aws: LocalAws, tasks: readonly TaskSnapshot[], service: ResolvedService) => {
  if (service.url === undefined) return undefined;
  const ids = new Set(aws.elb.behind(new URL(service.url).host, '/'));
  const own = new Set(ecsServicesOf(service).map((name) => `service:${name}`));
  const found = tasks.filter(({ arn, group }) => own.has(group) && ids.has(arn.split('/').at(-1) ?? arn));
  const number = (name: string) => Number(name.split(':').at(-1));
  return [...new Set(found.map(({ taskDefinition }) => taskDefinition))].sort((a, b) => number(b) - number(a));
};

/**
 * Looks at what runs now. `released` and `before` are tags under which the rehearsal itself built every service from the
 * released commit and from the one before.
 */
export const lookAround = async (
  { aws, store, access }: StandIns,
  environments: readonly ResolvedEnvironment[],
  tags: { readonly released: string; readonly before: string },
  since: number,
): Promise<Truth> => {
  const snapshot = aws.ecs.snapshot();
  const definitions = new Map<string, readonly Container[]>();
  const wanted = snapshot.services.flatMap((s) => [
    ...s.serving,
    ...s.deployments.map(({ target }) => target),
    s.taskDefinition ?? '',
  ]);
  const tasks = snapshot.tasks.map(({ taskDefinition }) => taskDefinition);
  for (const name of new Set([...wanted, ...tasks].filter((one) => one !== ''))) {
    const { taskDefinition } = (await aws.call('ecs', 'DescribeTaskDefinition', { taskDefinition: name })) as {
      taskDefinition: { containerDefinitions: readonly Container[] };
    };
    definitions.set(name, taskDefinition.containerDefinitions);
  }
  const content = (definition: string | undefined, container?: string): string | undefined => {
    const containers = definitions.get(definition ?? '') ?? [];
    const image = (containers.find(({ name }) => name === container) ?? containers[0])?.image;
    if (image === undefined) return undefined;
    const { repository, reference } = parseImage(image);
    return contentOf(store, repository, reference);
  };
  const versionOf = (definition: string): string | undefined => {
    const variable = ownerOf(environments, definition.split(':')[0] ?? '')?.versionVariable;
    const values = (definitions.get(definition) ?? []).flatMap(({ environment = [] }) => environment);
    return values.find(({ name }) => name !== undefined && name === variable)?.value;
  };
  /** What takes traffic: of a service with an address what answers there, whatever else ECS runs beside it. */
  const servingOf = (service: ResolvedService): readonly string[] => {
    const behind = revisionsBehind(aws, snapshot.tasks, service) ?? [];
    return behind.length > 0 ? behind : (snapshot.services.find(({ name }) => name === service.service)?.serving ?? []);
  };
  const serviceFacts = (service: ResolvedService): ServiceFacts => {
    const seen = snapshot.services.find(({ name }) => name === service.service);
    const [definition, ...others] = servingOf(service);
    const { repository } = service.build;
    return {
      name: service.name,
      // Two revisions that take traffic side by side are no release that has ended.
      serving: others.length === 0 ? content(definition, service.container) : undefined,
      shared: others.length > 0,
      paused: seen?.deployments.some(({ paused }) => paused) ?? false,
      released: contentOf(store, `rehearsal/${repository}`, tags.released) ?? '',
      before: contentOf(store, repository, tags.before),
      version: definition && versionOf(definition),
      running: seen?.running ?? 0,
      desired: seen?.desired ?? 0,
    };
  };
  return {
    versionOf,
    serving: () =>
      environments
        .flatMap((e) => [...e.services.values()])
        .map((service) => {
          const seen = snapshot.services.find(({ name }) => name === service.service);
          const serving = servingOf(service);
          const versions = serving.map((definition) => versionOf(definition) ?? 'unknown');
          return {
            service: service.service,
            taskDefinition: serving.join(' and ') || 'none',
            version: versions.length === 0 ? undefined : [...new Set(versions)].join(' and '),
            running: seen?.running ?? 0,
            desired: seen?.desired ?? 0,
          };
        }),
    facts: () => {
      const services = environments.flatMap((e) => [...e.services.values()]);
      const facts = services.map(serviceFacts);
      const factsOf = (name: string) => facts.find((one) => one.name === name);
      const began = (service: ResolvedService) =>
        snapshot.services
          .filter(({ name }) => ecsServicesOf(service).includes(name))
          .flatMap(({ deployments }) => deployments.map(({ startedAt }) => startedAt))
          .filter((at) => at >= since)
          .sort((a, b) => a - b)[0];
      const ended = (service: string) =>
        snapshot.services
          .find(({ name }) => name === service)
          ?.deployments.map(({ endedAt }) => endedAt ?? Number.POSITIVE_INFINITY)
          .filter((at) => at >= since)
          .sort((a, b) => a - b)[0];
      return {
        services: facts,
        migrations: services
          .filter(({ migrations }) => migrations !== undefined)
          .map((service) => {
            const own = factsOf(service.name);
            const family = service.migrations?.taskDefinition.split(':')[0] ?? '';
            const start = began(service) ?? Number.POSITIVE_INFINITY;
            return {
              service: service.name,
              due: own?.released !== own?.before,
              succeeded: snapshot.tasks.some(
                (task) =>
                  task.taskDefinition.startsWith(`${family}:`) &&
                  content(task.taskDefinition) === own?.released &&
                  task.containers.some(({ exitCode }) => exitCode === 0) &&
                  (task.stoppedAt ?? Number.POSITIVE_INFINITY) <= start,
              ),
            };
          }),
        checks: services.flatMap((service) =>
          service.smoke.map(({ url }) => {
            const { host, pathname } = new URL(url);
            const after = ended(service.service) ?? Number.POSITIVE_INFINITY;
            const answered = access.some(
              (record) => record.host === host && record.path === pathname && record.status < 400 && record.at >= after,
            );
            return { service: service.name, url, answered };
          }),
        ),
      };
    },
  };
};
