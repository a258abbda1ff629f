import { execFile } from 'node:child_process';
import { systemClock } from '@hospital-ops/action-kit/clock';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { LocalAws } from '../../packages/rehearsal/src/aws/local-aws.ts';
import { startLocalAws } from '../../packages/rehearsal/src/aws/local-aws.ts';
import { createScriptedEngine, exits, RUNS } from '../../packages/rehearsal/src/aws/scripted-engine.ts';
import { describeWithProgram } from '../support/engines.ts';
import { testInCi } from '../support/thorough.ts';

/** The unmodified AWS CLI, written by others, against the local AWS. */
const engine = createScriptedEngine(systemClock, ({ image }) => (image === 'job' ? exits(0) : RUNS));
let aws: LocalAws;

const cli = (...args: readonly string[]): Promise<string> =>
  new Promise((resolve, reject) => {
    const env = {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      AWS_ENDPOINT_URL: aws.url,
      AWS_REGION: 'ap-south-1',
      AWS_DEFAULT_REGION: 'ap-south-1',
      AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'secret',
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_MAX_ATTEMPTS: '1',
      AWS_PAGER: '',
    };
    execFile('aws', [...args, '--output', 'json'], { env, timeout: 50_000 }, (error, stdout, stderr) =>
      error === null ? resolve(stdout) : reject(new Error(stderr)),
    );
  });

// biome-ignore lint/suspicious/noExplicitAny: whatever the CLI prints
const json = async (...args: readonly string[]): Promise<any> => JSON.parse(await cli(...args));

const containers = (image: string) =>
  JSON.stringify([{ name: 'api', image, memory: 64, portMappings: [{ containerPort: 3001 }] }]);

describeWithProgram('aws', 'the AWS CLI', () => {
  beforeAll(async () => {
    aws = await startLocalAws({ engine, region: 'ap-south-1', probe: engine.probe, timings: { steadyMs: 50 } });
    await aws.call('ecs', 'CreateCluster', { clusterName: 'c' });
  });
  afterAll(async () => {
    await aws.close();
    await engine.close();
  });

  test('registers, deploys and waits', async () => {
    const registered = await json(
      'ecs',
      'register-task-definition',
      '--family',
      'api',
      '--container-definitions',
      containers('v1'),
    );
    expect(registered.taskDefinition).toMatchObject({ family: 'api', revision: 1, status: 'ACTIVE' });
    await cli(
      'ecs',
      'create-service',
      '--cluster',
      'c',
      '--service-name',
      'api',
      '--task-definition',
      'api',
      '--desired-count',
      '1',
    );
    expect(await json('ecs', 'list-services', '--cluster', 'c')).toEqual({
      serviceArns: ['arn:aws:ecs:ap-south-1:123456789012:service/c/api'],
    });
    // The CLI's waiters look every 15 s (6 s for tasks): what they wait for is there at their first look.
    while (aws.ecs.snapshot().services[0]?.rolloutState !== 'COMPLETED') await systemClock.sleep(20);
    await cli('ecs', 'wait', 'services-stable', '--cluster', 'c', '--services', 'api');
    const { services } = await json('ecs', 'describe-services', '--cluster', 'c', '--services', 'api');
    expect(services[0]).toMatchObject({ runningCount: 1, deployments: [{ rolloutState: 'COMPLETED' }] });
  });

  test('runs a task and reads its exit code', async () => {
    await cli('ecs', 'register-task-definition', '--family', 'job', '--container-definitions', containers('job'));
    const { tasks } = await json('ecs', 'run-task', '--cluster', 'c', '--task-definition', 'job');
    while (aws.ecs.snapshot().tasks.at(-1)?.status !== 'STOPPED') await systemClock.sleep(20);
    await cli('ecs', 'wait', 'tasks-stopped', '--cluster', 'c', '--tasks', tasks[0].taskArn);
    const described = await json('ecs', 'describe-tasks', '--cluster', 'c', '--tasks', tasks[0].taskArn);
    expect(described.tasks[0].containers[0].exitCode).toBe(0);
  });

  test('speaks the query protocol', async () => {
    expect(await json('sts', 'get-caller-identity')).toMatchObject({ Account: '123456789012' });
    const { TargetGroups } = await json(
      'elbv2',
      'create-target-group',
      '--name',
      'tg',
      '--protocol',
      'HTTP',
      '--port',
      '80',
      '--target-type',
      'ip',
    );
    const health = await json('elbv2', 'describe-target-health', '--target-group-arn', TargetGroups[0].TargetGroupArn);
    expect(health).toEqual({ TargetHealthDescriptions: [] });
  });

  testInCi('reads alarms, metrics, roles and deployment groups', async () => {
    await cli(
      ...['cloudwatch', 'put-metric-alarm', '--alarm-name', 'errors', '--namespace', 'App', '--metric-name', 'errors'],
      ...['--statistic', 'Sum', '--period', '60', '--evaluation-periods', '1', '--threshold', '1'],
      ...['--comparison-operator', 'GreaterThanThreshold'],
    );
    const { MetricAlarms } = await json('cloudwatch', 'describe-alarms', '--alarm-names', 'errors');
    expect(MetricAlarms).toMatchObject([{ AlarmName: 'errors', Threshold: 1 }]);
    await cli('cloudwatch', 'put-metric-data', '--namespace', 'App', '--metric-name', 'errors', '--value', '3');
    const queries = JSON.stringify([{ Id: 'e', Expression: 'SELECT SUM(errors) FROM SCHEMA("App")', Period: 60 }]);
    const window = ['--start-time', new Date(Date.now() - 600_000).toISOString(), '--end-time', '2099-01-01T00:00:00Z'];
    const data = cli('cloudwatch', 'get-metric-data', '--metric-data-queries', queries, ...window);
    expect(JSON.parse(await data).MetricDataResults).toMatchObject([{ Id: 'e', Values: [3], StatusCode: 'Complete' }]);
    aws.iam.createRole('api-task');
    expect((await json('iam', 'get-role', '--role-name', 'api-task')).Role).toMatchObject({ RoleName: 'api-task' });
    await cli('deploy', 'create-application', '--application-name', 'shop', '--compute-platform', 'ECS');
    expect(await json('deploy', 'list-applications')).toEqual({ applications: ['shop'] });
  });

  testInCi('shows the errors of the services', async () => {
    await expect(cli('ecs', 'list-services', '--cluster', 'nope')).rejects.toThrow(
      /\(ClusterNotFoundException\) when calling the ListServices operation: Cluster not found\./,
    );
    await expect(cli('elbv2', 'describe-rules', '--listener-arn', 'arn:nope')).rejects.toThrow(/\(ListenerNotFound\)/);
    await expect(
      cli('cloudwatch', 'set-alarm-state', '--alarm-name', 'x', '--state-value', 'OK', '--state-reason', 'x'),
    ).rejects.toThrow(/\(ResourceNotFound\)/);
    await expect(cli('iam', 'get-role', '--role-name', 'x')).rejects.toThrow(/\(NoSuchEntity\)/);
    await expect(cli('deploy', 'get-application', '--application-name', 'x')).rejects.toThrow(
      /\(ApplicationDoesNotExistException\)/,
    );
    await expect(cli('ecs', 'list-account-settings')).rejects.toThrow(/\(NotImplementedByRehearsal\)/);
  });
});
