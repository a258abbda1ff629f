import { createMemoryLog } from '@hospital-ops/action-kit/log';
import { createEcs } from '@hospital-ops/aws/ecs/client';
import { createLogs } from '@hospital-ops/aws/logs/client';
import { parseMigrationInputs } from '../../actions/run-migrations/src/inputs.ts';
import { runMigrations } from '../../actions/run-migrations/src/run.ts';
import type { Script } from '../../packages/rehearsal/src/aws/scripted-engine.ts';
import { createWorld } from '../rehearsal/aws/world.ts';

/** What the runner would pass: the defaults of action.yml under what a test gives. */
const DEFAULTS = {
  cluster: 'c',
  'task-definition': 'migrate',
  timeout: '30m',
  'stream-logs': 'true',
  'on-cancel': 'stop',
};

export const migrationInputs = (given: Readonly<Record<string, string>> = {}) =>
  parseMigrationInputs(new Map(Object.entries({ ...DEFAULTS, ...given })), () => {
    throw new Error('no file');
  });

export const SUBNETS = { subnets: 'subnet-1', 'security-groups': 'sg-1' };

/** A cluster with the family `migrate` (container `migrate` beside a sidecar), and runs of it over real HTTP. */
export const createMigrationWorld = async (scripts: Readonly<Record<string, Script>> = {}) => {
  const world = await createWorld(scripts);
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
  const cancel = new AbortController();
  const log = createMemoryLog();
  const context = { clock, signal: cancel.signal };
  return {
    ...world,
    cancel,
    log,
    migrate: (given: Readonly<Record<string, string>> = {}) =>
      runMigrations(migrationInputs({ ...SUBNETS, 'launch-type': 'FARGATE', ...given }), {
        ...context,
        ecs: createEcs(context),
        logs: createLogs(context),
        log,
        run: { runId: '7', attempt: '1', step: 'release migrate' },
      }),
    /** Tasks that were started, with what became of them. */
    tasks: () => aws.ecs.snapshot().tasks,
    close: async () => {
      process.env = saved;
      await world.close();
    },
  };
};

export type MigrationWorld = Awaited<ReturnType<typeof createMigrationWorld>>;
