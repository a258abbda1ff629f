import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DescribeLogGroupsCommand,
  FilterLogEventsCommand,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import {
  CreateServiceCommand,
  DescribeServiceDeploymentsCommand,
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  ECSClient,
  ListServiceDeploymentsCommand,
  PutAccountSettingCommand,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  UpdateServiceCommand,
  waitUntilServicesStable,
  waitUntilTasksStopped,
} from '@aws-sdk/client-ecs';
import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateRuleCommand,
  CreateTargetGroupCommand,
  DescribeRulesCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
  ModifyRuleCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { CreateSecretCommand, GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { GetParametersCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { AssumeRoleWithWebIdentityCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { systemClock } from '@hospital-ops/action-kit/clock';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { LocalAws } from '../../../packages/rehearsal/src/aws/local-aws.ts';
import { startLocalAws } from '../../../packages/rehearsal/src/aws/local-aws.ts';
import { createScriptedEngine, exits, RUNS } from '../../../packages/rehearsal/src/aws/scripted-engine.ts';

const engine = createScriptedEngine(systemClock, ({ image }) =>
  image === 'job' ? { ...exits(3), lines: ['boom'] } : RUNS,
);
const credentials = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret' };
const QUICK = {
  provisioningMs: 5,
  pendingMs: 5,
  stoppingMs: 5,
  deprovisioningMs: 5,
  reconcileMs: 5,
  steadyMs: 20,
  deregistrationDelayMs: 5,
  healthIntervalMs: 10,
};

let aws: LocalAws;
let ecs: ECSClient;
const open: Array<{ destroy(): void }> = [];
const client = <T extends { destroy(): void }>(
  create: (config: { endpoint: string; region: string; credentials: typeof credentials; maxAttempts: number }) => T,
): T => {
  const made = create({ endpoint: aws.url, region: 'ap-south-1', credentials, maxAttempts: 1 });
  open.push(made);
  return made;
};

beforeAll(async () => {
  aws = await startLocalAws({ engine, region: 'ap-south-1', timings: QUICK, probe: engine.probe });
  ecs = client((config) => new ECSClient(config));
  await aws.call('ecs', 'CreateCluster', { clusterName: 'c' });
});
afterAll(async () => {
  for (const made of open) made.destroy();
  await aws.close();
  await engine.close();
});

/** Signs like an SDK as far as anyone looks. */
const raw = (target: string, body: string, headers: Record<string, string> = {}) =>
  fetch(aws.url, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': target,
      authorization: `AWS4-HMAC-SHA256 Credential=AKIA/20260101/ap-south-1/ecs/aws4_request, SignedHeaders=host, Signature=${'0'.repeat(64)}`,
      ...headers,
    },
    body,
  });

describe('the SDK for ECS', () => {
  test('registers a task definition and reads all of it back', async () => {
    const containerDefinitions = [
      {
        name: 'api',
        image: 'good',
        memory: 64,
        dockerLabels: { a: 'b=c' },
        ulimits: [{ name: 'nofile' as const, softLimit: 1, hardLimit: 2 }],
        restartPolicy: { enabled: true },
        portMappings: [{ containerPort: 3001, name: 'http' }],
      },
    ];
    await ecs.send(
      new RegisterTaskDefinitionCommand({
        family: 'api',
        containerDefinitions,
        tags: [{ key: 'k', value: 'v' }],
        enableFaultInjection: true,
      }),
    );
    const { taskDefinition, tags } = await ecs.send(
      new DescribeTaskDefinitionCommand({ taskDefinition: 'api', include: ['TAGS'] }),
    );
    expect(taskDefinition).toMatchObject({ family: 'api', revision: 1, status: 'ACTIVE', enableFaultInjection: true });
    expect(taskDefinition?.containerDefinitions?.[0]).toMatchObject(containerDefinitions[0] ?? {});
    expect(taskDefinition?.registeredAt).toBeInstanceOf(Date);
    expect(tags).toEqual([{ key: 'k', value: 'v' }]);
  });

  test('creates and updates a service and waits until it is stable', async () => {
    await ecs.send(
      new CreateServiceCommand({ cluster: 'c', serviceName: 'api', taskDefinition: 'api', desiredCount: 1 }),
    );
    const waits = { client: ecs, maxWaitTime: 20, minDelay: 1, maxDelay: 1 };
    await waitUntilServicesStable(waits, { cluster: 'c', services: ['api'] });
    const { service } = await ecs.send(
      new UpdateServiceCommand({ cluster: 'c', service: 'api', forceNewDeployment: true }),
    );
    expect(service?.deployments).toHaveLength(2);
    const { serviceDeployments = [] } = await ecs.send(
      new ListServiceDeploymentsCommand({ cluster: 'c', service: 'api' }),
    );
    await waitUntilServicesStable(waits, { cluster: 'c', services: ['api'] });
    const arn = serviceDeployments[0]?.serviceDeploymentArn ?? '';
    // Stable is not completed: the deployment ends a moment after the waiter is content.
    while (aws.ecs.snapshot().services[0]?.rolloutState !== 'COMPLETED') await systemClock.sleep(10);
    const described = await ecs.send(new DescribeServiceDeploymentsCommand({ serviceDeploymentArns: [arn] }));
    expect(described.serviceDeployments?.[0]?.status).toBe('SUCCESSFUL');
    const { failures } = await ecs.send(new DescribeServicesCommand({ cluster: 'c', services: ['nope'] }));
    expect(failures?.[0]?.reason).toBe('MISSING');
  });

  test('runs a task to its end', async () => {
    await ecs.send(
      new RegisterTaskDefinitionCommand({
        family: 'job',
        containerDefinitions: [{ name: 'migrate', image: 'job', memory: 64 }],
      }),
    );
    const { tasks = [] } = await ecs.send(new RunTaskCommand({ cluster: 'c', taskDefinition: 'job' }));
    const stopped = await waitUntilTasksStopped(
      { client: ecs, maxWaitTime: 20, minDelay: 1, maxDelay: 1 },
      { cluster: 'c', tasks: [tasks[0]?.taskArn ?? ''] },
    );
    expect(stopped.reason.tasks[0].containers[0].exitCode).toBe(3);
  });

  test('is told by name what there is not', async () => {
    const call = ecs.send(new PutAccountSettingCommand({ name: 'containerInsights', value: 'on' }));
    await expect(call).rejects.toMatchObject({
      name: 'NotImplementedByRehearsal',
      message: expect.stringMatching(/ecs:PutAccountSetting; ecs here has: .*UpdateService/),
    });
  });

  test('of another region is refused', async () => {
    const other = client((config) => new ECSClient({ ...config, region: 'eu-west-1' }));
    await expect(other.send(new DescribeServicesCommand({ services: ['api'] }))).rejects.toMatchObject({
      name: 'InvalidSignatureException',
    });
  });
});

test('the SDKs for logs, parameters, secrets and identity work', async () => {
  const logs = client((config) => new CloudWatchLogsClient(config));
  await logs.send(new CreateLogGroupCommand({ logGroupName: '/ecs/x' }));
  await logs.send(new CreateLogStreamCommand({ logGroupName: '/ecs/x', logStreamName: 's' }));
  await logs.send(
    new PutLogEventsCommand({
      logGroupName: '/ecs/x',
      logStreamName: 's',
      logEvents: [
        { timestamp: 5, message: 'ERROR one' },
        { timestamp: 6, message: 'fine' },
      ],
    }),
  );
  expect(
    (await logs.send(new DescribeLogGroupsCommand({}))).logGroups?.map(({ logGroupName }) => logGroupName),
  ).toContain('/ecs/x');
  expect(
    (await logs.send(new FilterLogEventsCommand({ logGroupName: '/ecs/x', filterPattern: 'ERROR' }))).events,
  ).toMatchObject([{ message: 'ERROR one' }]);

  const ssm = client((config) => new SSMClient(config));
  await ssm.send(new PutParameterCommand({ Name: '/a/b', Value: 'v', Type: 'SecureString' }));
  const parameters = await ssm.send(new GetParametersCommand({ Names: ['/a/b', '/a/c'], WithDecryption: true }));
  expect(parameters).toMatchObject({ Parameters: [{ Value: 'v', Version: 1 }], InvalidParameters: ['/a/c'] });

  const secrets = client((config) => new SecretsManagerClient(config));
  const { ARN } = await secrets.send(new CreateSecretCommand({ Name: 's', SecretString: 'x' }));
  expect((await secrets.send(new GetSecretValueCommand({ SecretId: ARN }))).SecretString).toBe('x');

  const sts = client((config) => new STSClient(config));
  expect(await sts.send(new GetCallerIdentityCommand({}))).toMatchObject({ Account: '123456789012' });
  const assumed = await sts.send(
    new AssumeRoleWithWebIdentityCommand({
      RoleArn: 'arn:aws:iam::123456789012:role/deploy',
      RoleSessionName: 'ci',
      WebIdentityToken: 'a.b.c',
    }),
  );
  expect(assumed.Credentials?.AccessKeyId).toMatch(/^ASIA/);
  expect(assumed.AssumedRoleUser?.Arn).toBe('arn:aws:sts::123456789012:assumed-role/deploy/ci');
});

test('the SDK for load balancers reads and writes rules, weights and health', async () => {
  const elb = client((config) => new ElasticLoadBalancingV2Client(config));
  const { TargetGroups = [] } = await elb.send(
    new CreateTargetGroupCommand({
      Name: 'blue',
      Port: 80,
      Protocol: 'HTTP',
      TargetType: 'ip',
      HealthCheckPath: '/health',
    }),
  );
  const TargetGroupArn = TargetGroups[0]?.TargetGroupArn ?? '';
  const { LoadBalancers = [] } = await elb.send(new CreateLoadBalancerCommand({ Name: 'lb' }));
  const fixed = {
    Type: 'fixed-response' as const,
    FixedResponseConfig: { StatusCode: '404', ContentType: 'text/plain', MessageBody: '<none> & "nothing"' },
  };
  const { Listeners = [] } = await elb.send(
    new CreateListenerCommand({
      LoadBalancerArn: LoadBalancers[0]?.LoadBalancerArn,
      Port: 443,
      Protocol: 'HTTPS',
      DefaultActions: [fixed],
    }),
  );
  const ListenerArn = Listeners[0]?.ListenerArn;
  const { Rules = [] } = await elb.send(
    new CreateRuleCommand({
      ListenerArn,
      Priority: 5,
      Conditions: [{ Field: 'host-header', HostHeaderConfig: { Values: ['*.example.org'] } }],
      Actions: [{ Type: 'forward', TargetGroupArn }],
    }),
  );
  await elb.send(
    new ModifyRuleCommand({
      RuleArn: Rules[0]?.RuleArn,
      Actions: [{ Type: 'forward', ForwardConfig: { TargetGroups: [{ TargetGroupArn, Weight: 90 }] } }],
    }),
  );
  const described = await elb.send(new DescribeRulesCommand({ ListenerArn }));
  expect(described.Rules?.find(({ Priority }) => Priority === '5')?.Actions?.[0]?.ForwardConfig?.TargetGroups).toEqual([
    { TargetGroupArn, Weight: 90 },
  ]);
  expect(described.Rules?.find(({ IsDefault }) => IsDefault)?.Actions?.[0]).toMatchObject(fixed);
  expect((await elb.send(new DescribeTargetHealthCommand({ TargetGroupArn }))).TargetHealthDescriptions).toEqual([]);
  expect(aws.elb.pickTarget('api.example.org', '/')).toBe('no-healthy-target');
  expect(aws.elb.pick('other.org', '/')).toMatchObject({ kind: 'fixed', status: 404 });
  await expect(elb.send(new DescribeTargetHealthCommand({ TargetGroupArn: 'arn:none' }))).rejects.toMatchObject({
    name: 'TargetGroupNotFoundException',
  });
});

describe('a request that its model forbids', () => {
  test.each([
    [
      'a member that is spelled wrong',
      '{"family":"x","containerDefinitions":[{"name":"a","image":"i","memory":1,"enviroment":[]}]}',
      'ClientException',
      /containerDefinitions\[0\]\.enviroment/,
    ],
    [
      'a text for a number',
      '{"family":"x","containerDefinitions":[{"name":"a","image":"i","memory":"1"}]}',
      'SerializationException',
      /containerDefinitions\[0\]\.memory: expected number, found string/,
    ],
    ['a member that is missing', '{"containerDefinitions":[]}', 'ClientException', /family should not be null/],
    ['no JSON', '{', 'SerializationException', /not valid JSON/],
  ])('is refused as the service does: %s', async (_what, body, code, message) => {
    const response = await raw('AmazonEC2ContainerServiceV20141113.RegisterTaskDefinition', body);
    const answer = (await response.json()) as Record<string, string>;
    expect([response.status, answer.__type]).toEqual([400, code]);
    expect(answer.message).toMatch(message);
  });

  test('is kept in the request log with what was unknown', async () => {
    await raw('AmazonEC2ContainerServiceV20141113.ListServices', '{"cluster":"c","colour":"red"}');
    expect(aws.requests().at(-1)).toMatchObject({
      service: 'ecs',
      operation: 'ListServices',
      unknownMembers: ['colour'],
      status: 400,
      accessKeyId: 'AKIA',
    });
  });
});

test.each([
  [
    'no signature',
    'AmazonEC2ContainerServiceV20141113.ListServices',
    { authorization: '' },
    'MissingAuthenticationTokenException',
  ],
  [
    'a broken signature',
    'AmazonEC2ContainerServiceV20141113.ListServices',
    { authorization: 'Basic x' },
    'IncompleteSignatureException',
  ],
  ['a service that is not here', 'AmazonSQS.SendMessage', {}, 'NotImplementedByRehearsal'],
])('%s is refused', async (_what, target, headers, code) => {
  expect(await (await raw(target, '{}', headers)).json()).toMatchObject({ __type: code });
});
