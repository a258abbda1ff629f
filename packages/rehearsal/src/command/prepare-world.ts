import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ResolvedEnvironment, ResolvedService } from '@hospital-ops/pipeline/model';
import { buildWorld, ROLES } from '../world/build-world.ts';
import type { CallAws } from '../world/call-aws.ts';
import { createRecordTable, recordBaseline } from '../world/deployments.ts';
import type { Docker } from '../world/images.ts';
import { buildImage } from '../world/images.ts';
import type { StandIns } from '../world/stand-ins.ts';
import type { Consumer } from './consumer.ts';
import type { Display } from './display.ts';
import type { Engines } from './engines.ts';
import type { RehearsedEvent } from './event-common.ts';
import { git } from './git.ts';

export interface PreparedWorld {
  /** Tags under which every service was built from the released commit and from the one before. */
  readonly tags: { readonly released: string; readonly before: string };
  /** References of the images that run before the release. */
  readonly baselineImages: readonly string[];
  readonly notes: readonly string[];
  /** Waits until no deployment is under way any more, for a few seconds at most. */
  settle(): Promise<void>;
}

interface Preparing {
  readonly temp: string;
  readonly consumer: Consumer;
  readonly event: RehearsedEvent;
  readonly environments: readonly ResolvedEnvironment[];
  /** Nothing proved the released commit in the environment before. */
  readonly isUnproved: boolean;
  readonly standIns: StandIns;
  readonly engines: Engines;
  readonly display: Display;
  readonly accountId: string;
}

const SETTLE_MS = 15_000;

const login = async ({ standIns, engines }: Preparing): Promise<Docker> => {
  const { authorizationData } = (await standIns.aws.call('ecr', 'GetAuthorizationToken')) as {
    authorizationData: ReadonlyArray<{ authorizationToken: string }>;
  };
  return engines.login(standIns.registry, authorizationData[0]?.authorizationToken ?? '');
};

const checkout = async (consumer: Consumer, folder: string, sha: string): Promise<string> => {
  await git(consumer.path, 'worktree', 'add', '--quiet', '--detach', folder, sha);
  return folder;
};

const services = (environments: readonly ResolvedEnvironment[]): ResolvedService[] => [
  ...new Map(environments.flatMap((e) => [...e.services.values()]).map((s) => [s.build.repository, s])).values(),
];

/** Builds every service of a commit, two at a time, and pushes each under the names that `namesOf` gives. */
const buildAll = async (
  docker: Docker,
  folder: string,
  all: readonly ResolvedService[],
  namesOf: (repository: string) => readonly string[],
) => {
  const queue = [...all];
  const worker = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      await buildImage(docker, folder, next, namesOf(next.build.repository));
    }
  };
  await Promise.all([worker(), worker()]);
};

const requireDockerfiles = (released: string, all: readonly ResolvedService[]): void => {
  for (const { name, build } of all) {
    if (existsSync(join(released, build.dockerfile))) continue;
    throw new Error(
      `the service "${name}" has no Dockerfile: there is no ${build.dockerfile} at the released commit. Next: commit it, or name another one by the service's \`dockerfile\` in the pipeline file.`,
    );
  }
};

/** How many files are named one by one. */
const NAMED = 5;

const uncommittedNote = ({ uncommitted }: Consumer): string[] => {
  if (uncommitted.length === 0) return [];
  const more = uncommitted.length > NAMED ? ` and ${uncommitted.length - NAMED} more` : '';
  return [`What is not committed was not released: ${uncommitted.slice(0, NAMED).join(', ')}${more}.`];
};

const metricsNote = (environments: readonly ResolvedEnvironment[]): string[] => {
  const gated = services(environments).filter(({ strategy }) => (strategy?.gateMetrics.length ?? 0) > 0);
  if (gated.length === 0) return [];
  return [
    `The gate-metrics of ${gated.map(({ name }) => name).join(', ')} saw nothing: they ask for whole minutes of real time, and missing data is not success.`,
  ];
};

/** Long enough ago that nothing of it is under way. */
const AGO_MS = 24 * 60 * 60 * 1000;

/** Returns the image of every service under a tag, by digest. */
const imagesAt = async (
  { standIns }: Preparing,
  environment: ResolvedEnvironment,
  tag: string,
): Promise<ReadonlyMap<string, string>> => {
  const images = new Map<string, string>();
  for (const { name, build } of environment.services.values()) {
    const { imageDetails } = (await standIns.aws.call('ecr', 'DescribeImages', {
      repositoryName: build.repository,
      imageIds: [{ imageTag: tag }],
    })) as { imageDetails: ReadonlyArray<{ readonly imageDigest: string }> };
    images.set(name, `${standIns.registry}/${build.repository}@${imageDetails[0]?.imageDigest}`);
  }
  return images;
};

const placesOf = ({ consumer, standIns }: Preparing) => ({
  call: ((service, operation, input) => standIns.aws.call(service, operation, input)) as CallAws,
  github: standIns.github,
  repository: consumer.name,
});

/** Records what the environment runs as a deployment that succeeded the day before. */
const recordBefore = async (
  preparing: Preparing,
  environment: ResolvedEnvironment,
  { tag, version }: { readonly tag: string; readonly version: string },
): Promise<void> => {
  const images = await imagesAt(preparing, environment, tag);
  const past = { sha: tag, version, at: Date.now() - AGO_MS, images };
  await recordBaseline(placesOf(preparing), environment, past);
};

/** Records that the environment before ran the released commit well: that proves it. Unproved, it ran the one before. */
const recordProof = async (preparing: Preparing, environment: ResolvedEnvironment): Promise<void> => {
  const { event, isUnproved } = preparing;
  const sha = isUnproved ? event.baseline?.sha : event.sha;
  // What a run names by its input was deployed nowhere before.
  if (environment.promoteFrom === undefined || event.named !== undefined || sha === undefined) return;
  const images = await imagesAt(preparing, environment, sha);
  const past = { sha, version: sha.slice(0, 7), at: Date.now() - AGO_MS / 2, images };
  await recordBaseline(placesOf(preparing), { name: environment.promoteFrom, recordTable: undefined }, past);
};

/** Records that the environment ran what a roll-back brings, before what it runs. */
const recordGoal = async (preparing: Preparing, environment: ResolvedEnvironment): Promise<void> => {
  const { goal } = preparing.event;
  if (goal === undefined) return;
  const images = await imagesAt(preparing, environment, goal.sha);
  await recordBaseline(placesOf(preparing), environment, {
    ...goal,
    at: Date.now() - 2 * AGO_MS,
    images,
    isPast: true,
  });
};

/** Brings up every environment with `baseline` on all of its services. */
const startEnvironments = async (preparing: Preparing, baseline: { tag: string; version: string }): Promise<void> => {
  const { environments, event, standIns, engines, display, accountId } = preparing;
  const { aws, store, registry, database } = standIns;
  const { balancing, ...taskRoles } = ROLES;
  for (const role of Object.values(taskRoles)) aws.iam.createRole(role);
  aws.iam.createRole(balancing, 'ecs.amazonaws.com');
  const call: CallAws = (service, operation, input) => aws.call(service, operation, input);
  for (const environment of environments) {
    display.say(`starting ${environment.name} on ${baseline.version}`);
    await buildWorld({
      call,
      store,
      registry,
      accountId,
      environment,
      baseline,
      databaseUrl: await engines.reach(await database.url(environment.name)),
      renameRule: (from, to) => aws.elb.renameRule(from, to),
      sleep: (ms) => sleep(ms),
    });
    await createRecordTable(call, environment);
    if (event.baseline !== undefined) await recordBefore(preparing, environment, baseline);
  }
};

/**
 * Makes the world as it was before the release: images of the version before, every environment running them, and, where
 * the environment promotes, the released commit's images as the environment before it left them.
 */
export const prepareWorld = async (preparing: Preparing): Promise<PreparedWorld> =>
  preparing.environments.length === 0 ? emptyWorld(preparing) : fullWorld(preparing);

const emptyWorld = ({ consumer, event }: Preparing): PreparedWorld => ({
  tags: { released: 'released', before: event.sha },
  baselineImages: [],
  notes: [...uncommittedNote(consumer), 'GitHub was a stand-in on this machine. A pull request deploys nothing.'],
  settle: async () => {},
});

const fullWorld = async (preparing: Preparing): Promise<PreparedWorld> => {
  const { temp, consumer, event, environments, standIns, display } = preparing;
  const { aws, registry, database } = standIns;
  const before = event.baseline ?? { sha: event.sha, version: '0.0.0' };
  // Where there is none, the tag of its commit is the release's own to give.
  const tag = event.baseline?.sha ?? before.version;
  const all = services(environments);
  const promotes = environments.some(({ promoteFrom }) => promoteFrom !== undefined);
  for (const { build } of all) {
    await aws.call('ecr', 'CreateRepository', { repositoryName: build.repository, imageTagMutability: 'IMMUTABLE' });
    await aws.call('ecr', 'CreateRepository', { repositoryName: `rehearsal/${build.repository}` });
  }
  const docker = await login(preparing);
  const old = await checkout(consumer, join(temp, 'before'), before.sha);
  const released = await checkout(consumer, join(temp, 'released'), (event.goal ?? event.named ?? event).sha);
  requireDockerfiles(released, all);
  display.say(`building ${all.map(({ name }) => name).join(', ')} as they were (${before.version})`);
  // An embedded database takes seconds to start; the builds can go on meanwhile.
  const databases = environments.map(({ name, services }) =>
    database.url(
      name,
      [...services.values()].some(({ migrations }) => migrations !== undefined),
    ),
  );
  for (const starting of databases) starting.catch(() => undefined);
  // The image that a new service's ECS service was set up with is not known; the nearest to it is the released one.
  const first = (service: ResolvedService) => !existsSync(join(old, service.build.dockerfile));
  const added = all.filter(first);
  const tagBefore = (repository: string) => [`${repository}:${tag}`];
  await buildAll(
    docker,
    old,
    all.filter((service) => !first(service)),
    tagBefore,
  );
  await buildAll(docker, released, added, tagBefore);
  // What the released commit holds, for the rehearsal's own eyes, and where it promotes, as it was proved before.
  const proved = promotes && tag !== event.sha && event.named === undefined && !preparing.isUnproved;
  const building = buildAll(docker, released, all, (repository) => [
    `rehearsal/${repository}:released`,
    ...(proved ? [`${repository}:${event.sha}`] : []),
    ...(event.goal === undefined ? [] : [`${repository}:${event.goal.sha}`]),
  ]);
  // Both are waited for, whatever becomes of the other: nothing goes on behind a rehearsal that has failed.
  const ended = await Promise.allSettled([building, startEnvironments(preparing, { tag, version: before.version })]);
  for (const end of ended) if (end.status === 'rejected') throw end.reason;
  for (const environment of environments) {
    await recordProof(preparing, environment);
    await recordGoal(preparing, environment);
  }
  const settled = () =>
    aws.ecs
      .snapshot()
      .services.every(({ deployments }) => deployments.every(({ endedAt, paused }) => endedAt !== undefined || paused));
  return {
    tags: { released: 'released', before: tag },
    baselineImages: all.map(({ build }) => `${registry}/${build.repository}:${tag}`),
    notes: [
      ...uncommittedNote(consumer),
      ...preparing.engines.notes,
      database.limits,
      'AWS, the registry, GitHub, Slack and Discord were stand-ins on this machine; their times are scaled.',
      ...metricsNote(environments),
      ...(event.baseline === undefined
        ? ['There was no version before: the services ran the same commit as 0.0.0.']
        : []),
      ...added.map(
        ({ name, build }) =>
          `The service "${name}" has no ${build.dockerfile} at the version before: it ran the released commit as ${before.version}.`,
      ),
      ...(promotes && !preparing.isUnproved
        ? ['The images that are promoted were built and recorded beforehand, as the environment before it would have.']
        : []),
    ],
    settle: async () => {
      for (let waited = 0; waited < SETTLE_MS && !settled(); waited += 50) await sleep(50);
    },
  };
};
