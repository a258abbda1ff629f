import { OpsError } from '@hospital-ops/action-kit/errors';
import type { Migrations, ResolvedEnvironment, ResolvedService } from '@hospital-ops/pipeline/model';
import type { ImageEntry, Proof } from './plan-images.ts';
import { planImages } from './plan-images.ts';
import type { StrategyInputs } from './strategy-inputs.ts';
import { strategyInputs } from './strategy-inputs.ts';

/** What one release of some services of an environment is made of; each part the value of another action's input. */
export interface ReleasePlan {
  readonly images: Readonly<Record<string, ImageEntry>>;
  /** Undefined before the images are known. */
  readonly services: readonly ServiceEntry[] | undefined;
  readonly migrations: MigrationInputs | undefined;
  readonly versionVariable: string;
  readonly checks: ReadonlyArray<Readonly<Record<string, unknown>>>;
  /** What the release does not do although the pipeline file speaks of it; one sentence each. */
  readonly notes: readonly string[];
}

interface ServiceEntry extends StrategyInputs {
  readonly service: string;
  readonly name: string;
  readonly container?: string;
  readonly image?: string;
  /** The whole revision that is gone back to, in the place of an image. */
  readonly 'rollback-to'?: string;
  /** ECS services of the same release. */
  readonly after?: readonly string[];
}

/** Texts, as they stand behind `with:`. */
export interface MigrationInputs {
  readonly 'task-definition': string;
  readonly image: string;
  readonly container: string;
  readonly command: string;
  readonly service: string;
  readonly timeout: string;
}

export interface PlanRequest {
  readonly environment: ResolvedEnvironment;
  readonly sha: string;
  /** Names of the services to release; all of them are in the environment. */
  readonly services: readonly string[];
  readonly images: ReadonlyMap<string, string> | undefined;
  readonly allowBuild: boolean;
  readonly proof: Proof | undefined;
  /** Name of each service to the revision that it goes back to; undefined for what is no roll-back. */
  readonly revisions: ReadonlyMap<string, string> | undefined;
}

/** An explicit empty input would not become the default of run-migrations, so that is said here too. */
export const MIGRATION_TIMEOUT = '30m';

const imageOf = (images: ReadonlyMap<string, string>, name: string): string => {
  const image = images.get(name);
  if (image !== undefined) return image;
  throw new OpsError({ what: `there is no image for the service "${name}".` });
};

const commandText = (command: Migrations['command']): string =>
  command === undefined || typeof command === 'string' ? (command ?? '') : JSON.stringify(command);

/** Refuses what would be dropped in silence: one release runs one migration task, whichever services it holds. */
const refuseManyMigrations = (environment: ResolvedEnvironment) => {
  const having = [...environment.services.values()].filter(({ migrations }) => migrations !== undefined);
  if (having.length < 2) return;
  throw new OpsError({
    what: `${having.map(({ name }) => `"${name}"`).join(' and ')} all have migrations, and one release runs one migration task.`,
    next: 'keep `migrations` with the one service whose image holds them all.',
    docs: 'README#migrations',
  });
};

const planMigrations = (
  released: readonly ResolvedService[],
  images: ReadonlyMap<string, string>,
): MigrationInputs | undefined => {
  const owner = released.find(({ migrations }) => migrations !== undefined);
  if (!owner?.migrations) return undefined;
  const { taskDefinition, command, container, timeout } = owner.migrations;
  return {
    'task-definition': taskDefinition,
    image: imageOf(images, owner.name),
    container: container ?? '',
    command: commandText(command),
    service: owner.service,
    timeout: timeout ?? MIGRATION_TIMEOUT,
  };
};

const planVersionVariable = (released: readonly ResolvedService[]): string => {
  const names = new Set(released.flatMap(({ versionVariable }) => versionVariable ?? []));
  const [first = '', second] = names;
  if (second === undefined) return first;
  throw new OpsError({
    what: `the services of this release name different version variables: ${[...names].join(', ')}.`,
    why: 'ecs-deploy sets one variable for all services of a release.',
    next: 'give them the same `version-variable` in the pipeline file.',
    docs: 'README#version-variable',
  });
};

/** Every check has a name that tells which service it speaks of. */
export const planChecks = (service: ResolvedService) =>
  service.smoke.map(({ name, ...check }) => {
    const path = URL.canParse(check.url) ? new URL(check.url).pathname : check.url;
    return { name: name ?? `${service.name} ${path}`, ...check };
  });

const planService = (
  { name, service, container, strategy, ...own }: ResolvedService,
  released: readonly ResolvedService[],
  images: ReadonlyMap<string, string>,
  revision: string | undefined,
): ServiceEntry => {
  const after = released.filter((other) => own.after.includes(other.name)).map((other) => other.service);
  if (revision !== undefined) return { service, name, 'rollback-to': revision, ...(after.length > 0 && { after }) };
  return {
    service,
    name,
    container,
    image: imageOf(images, name),
    ...(strategy && strategyInputs(strategy)),
    ...(after.length > 0 && { after }),
  };
};

const notesOf = (released: readonly ResolvedService[], versionVariable: string) => {
  const named = (services: readonly ResolvedService[]) => services.map(({ name }) => name).join(', ');
  const unversioned = released.filter((service) => service.versionVariable === undefined);
  return [
    ...(versionVariable !== '' && unversioned.length > 0
      ? [`${versionVariable} is set for ${named(unversioned)} too: ecs-deploy sets one variable for all services.`]
      : []),
  ];
};

/**
 * Returns the plan of a release. Pure. Throws OpsError for what ecs-deploy and run-migrations could not do as one
 * release: two migrations, two names of the version variable.
 */
export const planRelease = (request: PlanRequest): ReleasePlan => {
  const { environment, services, images, revisions } = request;
  refuseManyMigrations(environment);
  const released = [...environment.services.values()].filter(({ name }) => services.includes(name));
  const versionVariable = planVersionVariable(released);
  return {
    images: planImages({ ...request, released }),
    services: images && released.map((service) => planService(service, released, images, revisions?.get(service.name))),
    // The database stays migrated: what goes back has to work with the new schema.
    migrations: images && revisions === undefined ? planMigrations(released, images) : undefined,
    versionVariable,
    checks: released.flatMap(planChecks),
    notes: notesOf(released, versionVariable),
  };
};
