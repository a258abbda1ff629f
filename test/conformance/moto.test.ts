import { CloudWatchClient, PutMetricAlarmCommand, SetAlarmStateCommand } from '@aws-sdk/client-cloudwatch';
import { CreateClusterCommand, CreateServiceCommand, DescribeServicesCommand, ECSClient } from '@aws-sdk/client-ecs';
import { CreateRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { systemClock } from '@hospital-ops/action-kit/clock';
import { createMemoryLog } from '@hospital-ops/action-kit/log';
import { createEcs } from '@hospital-ops/aws/ecs/client';
import { isTransient } from '@hospital-ops/aws/errors';
import { beforeAll, expect, test } from '@jest/globals';
import { connectDeploy } from '../../actions/ecs-deploy/src/connect.ts';
import { runDeploy } from '../../actions/ecs-deploy/src/run.ts';
import { deployInputs } from '../ecs-deploy/release-world.ts';
import { describeWithMoto, theMoto } from '../support/moto.ts';

const moto = await theMoto();

describeWithMoto(moto, 'the clients over an AWS that others wrote', ({ url }) => {
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: url,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'secret',
  });
  const context = { clock: systemClock, signal: new AbortController().signal };
  const ecs = createEcs(context);
  const sdk = new ECSClient({});
  const role = 'arn:aws:iam::123456789012:role/execution';

  beforeAll(async () => {
    const trust = {
      Statement: [{ Effect: 'Allow', Principal: { Service: 'ecs-tasks.amazonaws.com' }, Action: 'sts:AssumeRole' }],
    };
    await new IAMClient({}).send(
      new CreateRoleCommand({
        RoleName: 'execution',
        AssumeRolePolicyDocument: JSON.stringify({ Version: '2012-10-17', ...trust }),
      }),
    );
    await new SSMClient({}).send(new PutParameterCommand({ Name: '/app/key', Value: 'v', Type: 'SecureString' }));
    await new SecretsManagerClient({}).send(new CreateSecretCommand({ Name: 'app', SecretString: '{"url":"x"}' }));
    const alarms = new CloudWatchClient({});
    for (const AlarmName of ['quiet', 'loud']) {
      const metric = {
        Namespace: 'N',
        MetricName: 'M',
        Statistic: 'Sum',
        Period: 60,
        EvaluationPeriods: 1,
        Threshold: 1,
      } as const;
      await alarms.send(
        new PutMetricAlarmCommand({ AlarmName, ComparisonOperator: 'GreaterThanThreshold', ...metric }),
      );
      const StateValue = AlarmName === 'loud' ? 'ALARM' : 'OK';
      await alarms.send(new SetAlarmStateCommand({ AlarmName, StateValue, StateReason: 'test' }));
    }
    await sdk.send(new CreateClusterCommand({ clusterName: 'c' }));
    for (const name of ['api', 'slow', 'wrong']) {
      await ecs.registerTaskDefinition({
        family: name,
        executionRoleArn: name === 'wrong' ? `${role}-missing` : role,
        containerDefinitions: [
          {
            name: 'api',
            image: 'example.org/api:v1',
            memory: 128,
            essential: true,
            environment: [{ name: 'GREETING', value: 'a=b "c"\nd' }],
            secrets: [
              { name: 'KEY', valueFrom: name === 'wrong' ? '/app/missing' : '/app/key' },
              { name: 'URL', valueFrom: 'arn:aws:secretsmanager:us-east-1:123456789012:secret:app:url::' },
            ],
          },
        ],
      });
      await sdk.send(
        new CreateServiceCommand({ cluster: 'c', serviceName: name, taskDefinition: name, desiredCount: 2 }),
      );
    }
  });

  const deploy = async (given: Record<string, string>) => {
    const { outputs } = await runDeploy(deployInputs(given), await connectDeploy(context, createMemoryLog()));
    return outputs;
  };
  const described = async (name: string) => {
    const { services } = await sdk.send(new DescribeServicesCommand({ cluster: 'c', services: [name] }));
    return services?.[0];
  };

  test('describe a service, and miss one that is not there', async () => {
    const { found, missing } = await ecs.describeServices('c', ['api', 'nobody']);
    expect(found.get('api')).toMatchObject({ status: 'ACTIVE', controller: 'ECS', strategy: 'ROLLING', desired: 2 });
    expect(missing).toEqual(['nobody']);
  });

  test('register what they are given, as it is', async () => {
    const { body } = await ecs.describeTaskDefinition('api:1');
    const [container] = body.containerDefinitions as Array<Record<string, unknown>>;
    expect(container?.environment).toEqual([{ name: 'GREETING', value: 'a=b "c"\nd' }]);
    expect(container?.secrets).toHaveLength(2);
    const next = await ecs.registerTaskDefinition({ ...body, family: 'copy' });
    expect(next.arn).toMatch(/task-definition\/copy:1$/);
  });

  test('start a deployment, after roles, secrets, parameters and alarms were looked at', async () => {
    const outputs = await deploy({
      service: 'api',
      image: 'example.org/api:v2',
      'gate-alarms': 'quiet',
      'wait-until': 'started',
    });
    expect(outputs).toMatchObject({ outcome: 'started', 'task-definition-arn': expect.stringMatching(/api:2$/) });
    expect((await described('api'))?.taskDefinition).toMatch(/api:2$/);
  });

  test('find what would keep tasks from starting, before anything is changed', async () => {
    const failure = deploy({ service: 'wrong', image: 'example.org/api:v2', 'gate-alarms': 'loud' });
    await expect(failure).rejects.toMatchObject({
      failures: expect.arrayContaining([
        expect.stringMatching(/role\/execution-missing" does not exist/),
        expect.stringMatching(/\/app\/missing does not exist/),
        expect.stringMatching(/loud/),
      ]),
    });
    expect((await described('wrong'))?.taskDefinition).toMatch(/wrong:1$/);
  });

  test('are told of no end by a model whose deployments never move, and claim none', async () => {
    const given = { service: 'slow', image: 'example.org/api:v2', timeout: '3s', verify: 'false' };
    const outputs = await deploy({ ...given, 'on-timeout': 'leave' });
    expect(outputs.outcome).toBe('timeout');
    expect(JSON.parse(outputs.services ?? '[]')[0].serving['task-definition']).toBe('');
  });

  test('take a page with status 500, the answer of a model without service deployments, for an outage', async () => {
    const arn = 'arn:aws:ecs:us-east-1:123456789012:service-deployment/c/api/x';
    // Nobody waits for the pauses between tries.
    const hurried = { now: systemClock.now, sleep: (ms: number) => systemClock.sleep(ms / 100) };
    const error = await createEcs({ ...context, clock: hurried })
      .describeServiceDeployments([arn])
      .catch((thrown) => thrown);
    expect(isTransient(error)).toBe(true);
  });
});
