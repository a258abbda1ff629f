import type { CallContext } from '../service.ts';
import { AwsFault } from '../service.ts';
import type { RegisterTaskDefinitionRequest, Tag, TaskDefinitionAnswer } from './client.ts';
import type { TaskDefinition } from './state.ts';
import type { EcsStore } from './store.ts';
import { checkTaskDefinition } from './task-definition-rules.ts';

/** Returns a task definition as the API shows it: the request, verbatim, and what ECS adds. */
export const taskDefinitionAnswer = (definition: TaskDefinition, registeredBy: string): TaskDefinitionAnswer => {
  const { tags: _tags, ...request } = definition.request;
  return {
    ...request,
    // Lists that the request left out come back empty (measured in describe-task-definition answers).
    volumes: request.volumes ?? [],
    placementConstraints: request.placementConstraints ?? [],
    containerDefinitions: (request.containerDefinitions ?? []).map((container) => ({
      ...container,
      cpu: container.cpu ?? 0,
      essential: container.essential ?? true,
      environment: container.environment ?? [],
      mountPoints: container.mountPoints ?? [],
      volumesFrom: container.volumesFrom ?? [],
      portMappings: (container.portMappings ?? []).map((mapping) => ({
        protocol: 'tcp' as const,
        ...mapping,
        ...(request.networkMode === 'awsvpc' ? { hostPort: mapping.containerPort } : {}),
      })),
    })),
    taskDefinitionArn: definition.arn,
    revision: definition.revision,
    status: definition.deregisteredAt === undefined ? 'ACTIVE' : 'INACTIVE',
    compatibilities: ['EC2', ...(request.requiresCompatibilities?.includes('FARGATE') ? (['FARGATE'] as const) : [])],
    registeredAt: new Date(definition.registeredAt),
    registeredBy,
    ...(definition.deregisteredAt === undefined ? {} : { deregisteredAt: new Date(definition.deregisteredAt) }),
  };
};

const tagsOf = (tags: readonly Tag[]): Tag[] => [...tags];

interface ByReference {
  readonly taskDefinition: string;
  readonly include?: readonly string[];
}

interface ListInput {
  readonly familyPrefix?: string;
  readonly status?: string;
  readonly sort?: string;
  readonly maxResults?: number;
  readonly nextToken?: string;
}

export const taskDefinitionApi = (store: EcsStore) => {
  const by = ({ accountId }: CallContext) => `arn:aws:sts::${accountId}:assumed-role/deploy/rehearsal`;
  const find = (reference: string): TaskDefinition => {
    const found = store.findTaskDefinition(reference);
    if (found === undefined) throw new AwsFault('ClientException', 'Unable to describe task definition.');
    return found;
  };
  return {
    RegisterTaskDefinition: (request: RegisterTaskDefinitionRequest, context: CallContext) => {
      checkTaskDefinition(request);
      const { region, accountId, now } = context;
      const family = request.family ?? '';
      const revisions = store.families.get(family) ?? [];
      const revision = revisions.length + 1;
      const arn = `arn:aws:ecs:${region}:${accountId}:task-definition/${family}:${revision}`;
      const definition: TaskDefinition = {
        arn,
        family,
        revision,
        request,
        tags: request.tags ?? [],
        registeredAt: now,
      };
      store.families.set(family, [...revisions, definition]);
      return { taskDefinition: taskDefinitionAnswer(definition, by(context)), tags: tagsOf(definition.tags) };
    },
    DescribeTaskDefinition: ({ taskDefinition, include }: ByReference, context: CallContext) => {
      const definition = find(taskDefinition);
      const answer = taskDefinitionAnswer(definition, by(context));
      return { taskDefinition: answer, ...(include?.includes('TAGS') ? { tags: tagsOf(definition.tags) } : {}) };
    },
    DeregisterTaskDefinition: ({ taskDefinition }: ByReference, context: CallContext) => {
      if (!/:\d+$/.test(taskDefinition)) throw new AwsFault('ClientException', 'Invalid revision number.');
      const definition = find(taskDefinition);
      definition.deregisteredAt ??= context.now;
      return { taskDefinition: taskDefinitionAnswer(definition, by(context)) };
    },
    ListTaskDefinitions: ({ familyPrefix, status = 'ACTIVE', sort, maxResults = 100, nextToken }: ListInput) => {
      const all = [...store.families]
        .filter(([family]) => familyPrefix === undefined || family === familyPrefix)
        .flatMap(([, revisions]) => revisions)
        .filter(({ deregisteredAt }) => (deregisteredAt === undefined) === (status === 'ACTIVE'))
        .map(({ arn }) => arn);
      const sorted = sort === 'DESC' ? all.reverse() : all;
      return page(sorted, maxResults, nextToken, 'taskDefinitionArns');
    },
  };
};

/** Returns one page of a listing as the ECS API gives it; the token is the index of the next item. */
export const page = <T, K extends string>(all: readonly T[], max: number, token: string | undefined, key: K) => {
  const from = token === undefined ? 0 : Number(Buffer.from(token, 'base64').toString());
  if (!Number.isInteger(from)) throw new AwsFault('InvalidParameterException', 'Invalid nextToken.');
  const end = from + max;
  const next = end < all.length ? { nextToken: Buffer.from(String(end)).toString('base64') } : {};
  return { [key]: all.slice(from, end), ...next } as Record<K, T[]> & { nextToken?: string };
};
