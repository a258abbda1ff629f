import { createMemoryLog } from '@hospital-ops/action-kit/log';
import { createEcs } from '@hospital-ops/aws/ecs/client';
import { createLogs } from '@hospital-ops/aws/logs/client';
import { parseMigrationInputs } from '../../actions/run-migrations/src/inputs.ts';
import { runMigrations } from '../../actions/run-migrations/src/run.ts';
import type { LocalAwsOptions } from '../../packages/rehearsal/src/aws/local-aws.ts';
import type { Script } from '../../packages/rehearsal/src/aws/scripted-engine.ts';
import type { Loose } from '../rehearsal/aws/world.ts';
import { createWorld } from '../rehearsal/aws/world.ts';

/** What the runner would pass: the defaults of action.yml under what a test gives. */
const DEFAULTS = {
  cluster: 'c',
  'task-definition': 'migrate',
  timeout: '30m',
  'retry-on': 'capacity,pull,spot',
  attempts: '3',
  'stream-logs': 'true',
  'on-running': 'fail',
  'on-cancel': 'stop',
};

export const migrationInputs = (
  given: Readonly<Record<string, string>> = {},
  files: Readonly<Record<string, string>> = {},
) =>
  parseMigrationInputs(
    // An empty input is an absent one.
    new Map(Object.entries({ ...DEFAULTS, ...given }).filter(([, value]) => value !== '')),
    (path) => {
      const file = files[path];
      if (file === undefined) throw new Error('no file');
      return file;
    },
  );

export const SUBNETS = { subnets: 'subnet-1', 'security-groups': 'sg-1' };

/** A cluster with the family `migrate` (container `migrate` beside a sidecar), and runs of it over real HTTP. */
export const createMigrationWorld = async (
  scripts: Readonly<Record<string, Script>> = {},
  options: Partial<LocalAwsOptions> = {},
) => {
  const played = { ...scripts };
  const world = await createWorld(played, options);
  const { aws, clock } = world;
  const saved = { ...process.env };
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: aws.url,
    AWS_REGION: aws.region,
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'secret',
  });
  await aws.call('logs', 'CreateLogGroup', { logGroupName: '/ecs/app' });
  await world.ecs('RegisterTaskDefinition', {
    family: 'bridged',
    networkMode: 'bridge',
    containerDefinitions: [{ name: 'migrate', image: 'old', memory: 128 }],
  });
  await world.ecs('RegisterTaskDefinition', {
    family: 'spare',
    networkMode: 'awsvpc',
    containerDefinitions: [
      { name: 'app', image: 'app', memory: 128 },
      { name: 'sidecar', image: 'sidecar', memory: 128, essential: false },
    ],
  });
  await world.ecs('RegisterTaskDefinition', {
    family: 'migrate',
    networkMode: 'awsvpc',
    requiresCompatibilities: ['FARGATE'],
    cpu: '256',
    memory: '512',
    executionRoleArn: 'arn:aws:iam::123456789012:role/x',
    containerDefinitions: [
      {
        name: 'migrate',
        image: 'old',
        logConfiguration: {
          logDriver: 'awslogs',
          options: { 'awslogs-group': '/ecs/app', 'awslogs-region': aws.region, 'awslogs-stream-prefix': 'ecs' },
        },
      },
      { name: 'sidecar', image: 'sidecar', essential: false },
    ],
  });
  const running = () => aws.ecs.snapshot().tasks.filter(({ status }) => status !== 'STOPPED');
  const cancel = new AbortController();
  const log = createMemoryLog();
  const context = { clock, signal: cancel.signal };
  return {
    ...world,
    cancel,
    log,
    migrate: (given: Readonly<Record<string, string>> = {}, files: Readonly<Record<string, string>> = {}) =>
      runMigrations(migrationInputs({ ...SUBNETS, 'launch-type': 'FARGATE', ...given }, files), {
        ...context,
        ecs: createEcs(context),
        logs: createLogs(context),
        log,
        run: { runId: '7', attempt: '1', step: 'release migrate' },
      }),
    /** Starts a task of the family as another job would. */
    start: async () => {
      await aws.call('ecs', 'RunTask', {
        cluster: 'c',
        taskDefinition: 'migrate:1',
        launchType: 'FARGATE',
        networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-1'] } },
        startedBy: 'another',
      });
    },
    /** Plays `image` by `script` once, then as before. */
    playOnce: (image: string, script: Script) => {
      const before = played[image];
      let isFirst = true;
      Object.defineProperty(played, image, {
        get: () => {
          if (!isFirst) return before;
          isFirst = false;
          return script;
        },
      });
    },
    /** Stops what runs as something else than a person does. */
    interrupt: (code: 'SpotInterruption' | 'UserInitiated') => {
      for (const { arn } of running()) aws.ecs.interrupt(arn, code, 'as a test asks');
    },
    /** Does so as soon as something is there. */
    interruptNext: async (code: 'SpotInterruption') => {
      while (running().length === 0) await clock.background.sleep(20);
      for (const { arn } of running()) aws.ecs.interrupt(arn, code, 'as a test asks');
    },
    createService: (desiredCount = 0) =>
      world.ecs('CreateService', {
        cluster: 'c',
        serviceName: 's',
        taskDefinition: 'migrate',
        desiredCount,
        platformVersion: '1.4.0',
        capacityProviderStrategy: [{ capacityProvider: 'FARGATE_SPOT', weight: 2 }],
        networkConfiguration: {
          awsvpcConfiguration: { subnets: ['subnet-s'], securityGroups: ['sg-s'], assignPublicIp: 'ENABLED' },
        },
      }),
    /** What RunTask was last asked for. */
    lastRun: (): Loose => aws.requests().findLast(({ operation }) => operation === 'RunTask')?.input as Loose,
    /** Tasks that were started, with what became of them. */
    tasks: () => aws.ecs.snapshot().tasks,
    close: async () => {
      process.env = saved;
      await world.close();
    },
  };
};

export type MigrationWorld = Awaited<ReturnType<typeof createMigrationWorld>>;
