import { createEcrService } from '../../packages/rehearsal/src/aws/ecr.ts';
import { createImageStore } from '../../packages/rehearsal/src/registry/image-store.ts';
import { createRegistryTokens } from '../../packages/rehearsal/src/registry/tokens.ts';
import { createTargetGroup } from '../rehearsal/aws/world.ts';
import { createReleaseWorld } from './release-world.ts';

export const REGISTRY = '123456789012.dkr.ecr.ap-south-1.amazonaws.com';
const INDEX = 'application/vnd.oci.image.index.v1+json';
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

/** A service on Fargate behind a load balancer that has one of everything that is verified, all of it in order. */
export const createVerifyWorld = async () => {
  const world = await createReleaseWorld();
  const { aws } = world;
  const store = createImageStore();
  await aws.register(createEcrService({ store, registryHost: '127.0.0.1:1', tokens: createRegistryTokens() }));
  store.createRepository('api');

  const pushSingle = (tag: string, architecture: string, os = 'linux'): string => {
    const digest = store.putBlob(Buffer.from(JSON.stringify({ architecture, os })));
    const manifest = { schemaVersion: 2, mediaType: MANIFEST, config: { digest, size: 1 }, layers: [] };
    return store.putManifest('api', Buffer.from(JSON.stringify(manifest)), MANIFEST, tag).digest;
  };
  const pushIndex = (tag: string, architectures: readonly string[]): string => {
    const platforms = [
      ...architectures.map((architecture) => ({ os: 'linux', architecture })),
      { os: 'unknown', architecture: 'unknown' },
    ];
    const manifests = platforms.map((platform, index) => ({
      mediaType: MANIFEST,
      digest: `sha256:${String(index).repeat(64)}`,
      size: 1,
      platform,
    }));
    return store.putManifest('api', Buffer.from(JSON.stringify({ schemaVersion: 2, manifests })), INDEX, tag).digest;
  };
  for (const tag of ['v1', 'v2']) pushIndex(tag, ['amd64', 'arm64']);
  pushIndex('arm', ['arm64']);
  pushSingle('single', 'amd64');
  pushSingle('single-arm', 'arm64');

  for (const role of ['execution', 'task']) aws.iam.createRole(role);
  aws.iam.createRole('lambda', 'lambda.amazonaws.com');
  const { ARN: secret } = await aws.call('secretsmanager', 'CreateSecret', {
    Name: 'db',
    SecretString: JSON.stringify({ password: 'never-to-be-seen', port: 5432 }),
  });
  const { ARN: plain } = await aws.call('secretsmanager', 'CreateSecret', { Name: 'plain', SecretString: 'no json' });
  await aws.call('ssm', 'PutParameter', { Name: '/app/key', Type: 'SecureString', Value: 'never-to-be-seen' });
  for (const name of ['guard', 'gate', 'firing']) {
    await aws.call('cloudwatch', 'PutMetricAlarm', {
      AlarmName: name,
      Namespace: 'N',
      MetricName: 'M',
      Statistic: 'Sum',
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'ignore',
    });
  }
  const states = { guard: 'OK', gate: 'OK', firing: 'ALARM' };
  for (const [AlarmName, StateValue] of Object.entries(states)) {
    await aws.call('cloudwatch', 'SetAlarmState', { AlarmName, StateValue, StateReason: 'too many' });
  }
  const targetGroup = await createTargetGroup(aws, 'api.example.org');

  const definition = (own: Record<string, unknown> = {}, container: Record<string, unknown> = {}) => ({
    family: 'whole',
    networkMode: 'awsvpc',
    requiresCompatibilities: ['FARGATE'],
    cpu: '256',
    memory: '512',
    executionRoleArn: 'arn:aws:iam::123456789012:role/execution',
    taskRoleArn: 'arn:aws:iam::123456789012:role/task',
    containerDefinitions: [
      {
        name: 'app',
        image: `${REGISTRY}/api:v1`,
        portMappings: [{ containerPort: 8080 }],
        secrets: [
          { name: 'DB_PASSWORD', valueFrom: `${secret}:password::` },
          { name: 'KEY', valueFrom: '/app/key' },
        ],
        logConfiguration: {
          logDriver: 'awslogs',
          options: { 'awslogs-group': '/ecs/app', 'awslogs-region': aws.region, 'awslogs-stream-prefix': 'ecs' },
        },
        ...container,
      },
    ],
    ...own,
  });
  const register = async (body: Record<string, unknown>): Promise<string> => {
    const { taskDefinition } = await world.ecs('RegisterTaskDefinition', body);
    return taskDefinition.taskDefinitionArn;
  };
  await register(definition());
  await world.ecs('CreateService', {
    cluster: 'c',
    serviceName: 'whole',
    taskDefinition: 'whole',
    desiredCount: 2,
    launchType: 'FARGATE',
    networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-1'] } },
    loadBalancers: [{ targetGroupArn: targetGroup, containerName: 'app', containerPort: 8080 }],
    deploymentConfiguration: { alarms: { alarmNames: ['guard'], enable: true, rollback: true } },
  });
  await world.settle('whole');
  return { ...world, store, register, definition, secret: String(secret), plain: String(plain), targetGroup };
};

export type VerifyWorld = Awaited<ReturnType<typeof createVerifyWorld>>;
