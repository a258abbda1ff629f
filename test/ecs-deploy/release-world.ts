import type { InputReader } from '@hospital-ops/action-kit/inputs';
import { createMemoryLog } from '@hospital-ops/action-kit/log';
import type { ActionResult } from '@hospital-ops/action-kit/run-action';
import type { Service } from '@hospital-ops/aws/ecs/ports';
import { connectDeploy } from '../../actions/ecs-deploy/src/connect.ts';
import { parseDeployInputs } from '../../actions/ecs-deploy/src/inputs.ts';
import type { ServiceReport } from '../../actions/ecs-deploy/src/report/report.ts';
import { runDeploy } from '../../actions/ecs-deploy/src/run.ts';
import type { LocalAwsOptions } from '../../packages/rehearsal/src/aws/local-aws.ts';
import type { Script } from '../../packages/rehearsal/src/aws/scripted-engine.ts';
import { createWorld } from '../rehearsal/aws/world.ts';

/** What the runner would pass: the defaults of action.yml under what a test gives. */
const DEFAULTS = {
  cluster: 'c',
  'wait-until': 'completed',
  timeout: '30m',
  'on-failure': 'rollback',
  'on-timeout': 'rollback',
  'on-cancel': 'rollback',
  'max-failed-tasks': '3',
  'max-parallel': '10',
  'canary-percent': '10',
  'bake-time': '5m',
  verify: 'true',
};

export const deployInputs = (given: Readonly<Record<string, string>>, files: Readonly<Record<string, string>> = {}) =>
  parseDeployInputs(new Map(Object.entries({ ...DEFAULTS, ...given })), (path) => {
    const text = files[path];
    if (text === undefined) throw new Error('no file');
    return text;
  });

export interface Ran extends ActionResult {
  readonly lines: readonly string[];
  readonly reports: readonly ServiceReport[];
}

/** What a run has for itself where there are several at once. */
export interface Run {
  readonly signal: AbortSignal;
  readonly log: ReturnType<typeof createMemoryLog>;
  /** Files of the workspace by path. */
  readonly files: Readonly<Record<string, string>>;
}

export type { InputReader, Service };

/** A cluster with services that run image `v1`, and a deployment of them over real HTTP on virtual time. */
export const createReleaseWorld = async (
  scripts: Readonly<Record<string, Script>> = {},
  names: readonly string[] = ['api'],
  options: Partial<LocalAwsOptions> = {},
) => {
  const world = await createWorld(scripts, options);
  const { aws, clock } = world;
  const saved = { ...process.env };
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: aws.url,
    AWS_REGION: aws.region,
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'secret',
  });
  await aws.call('logs', 'CreateLogGroup', { logGroupName: '/ecs/app' });
  for (const name of names) {
    await world.ecs('RegisterTaskDefinition', {
      family: name,
      executionRoleArn: 'arn:aws:iam::123456789012:role/x',
      containerDefinitions: [
        {
          name,
          image: 'v1',
          memory: 128,
          environment: [
            { name: 'APP_VERSION', value: 'v1' },
            { name: 'GREETING', value: 'a=b "c"\nd' },
          ],
          logConfiguration: {
            logDriver: 'awslogs',
            options: { 'awslogs-group': '/ecs/app', 'awslogs-region': aws.region, 'awslogs-stream-prefix': 'ecs' },
          },
        },
      ],
    });
    await world.ecs('CreateService', { cluster: 'c', serviceName: name, taskDefinition: name, desiredCount: 2 });
  }
  for (const name of names) await world.settle(name);
  const cancel = new AbortController();
  const log = createMemoryLog();
  const deploy = async (given: Readonly<Record<string, string>>, own: Partial<Run> = {}): Promise<Ran> => {
    const run: Run = { signal: cancel.signal, log, files: {}, ...own };
    const result = await runDeploy(
      deployInputs(given, run.files),
      await connectDeploy({ clock, signal: run.signal }, run.log),
    );
    return { ...result, lines: run.log.lines, reports: JSON.parse(result.outputs.services ?? '[]') };
  };
  return {
    ...world,
    cancel,
    log,
    deploy,
    /** Image that the PRIMARY deployment of a service runs. */
    image: async (name = 'api'): Promise<string> => {
      const { deployments } = await world.service(name);
      const arn = deployments.find((each: Record<string, unknown>) => each.status === 'PRIMARY').taskDefinition;
      const { taskDefinition } = await world.ecs('DescribeTaskDefinition', { taskDefinition: arn });
      return taskDefinition.containerDefinitions[0].image;
    },
    close: async () => {
      process.env = saved;
      await world.close();
    },
  };
};

export type ReleaseWorld = Awaited<ReturnType<typeof createReleaseWorld>>;

export const release = (images: Readonly<Record<string, string>>): string =>
  JSON.stringify(Object.entries(images).map(([service, image]) => ({ service, image })));
