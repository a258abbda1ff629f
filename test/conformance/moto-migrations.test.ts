import { CreateClusterCommand, CreateServiceCommand, ECSClient } from '@aws-sdk/client-ecs';
import { systemClock } from '@hospital-ops/action-kit/clock';
import { createMemoryLog } from '@hospital-ops/action-kit/log';
import { createEcs } from '@hospital-ops/aws/ecs/client';
import { createLogs } from '@hospital-ops/aws/logs/client';
import { beforeAll, expect, test } from '@jest/globals';
import { runMigrations } from '../../actions/run-migrations/src/run.ts';
import { migrationInputs } from '../run-migrations/migration-world.ts';
import { describeWithMoto, theMoto } from '../support/moto.ts';

const moto = await theMoto();

describeWithMoto(moto, 'migrations over an AWS that others wrote', ({ url }) => {
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: url,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'secret',
  });
  // Nobody waits for the pauses between looks.
  const clock = { ...systemClock, sleep: (ms: number, signal?: AbortSignal) => systemClock.sleep(ms / 100, signal) };
  const context = { clock, signal: new AbortController().signal };
  const ecs = createEcs(context);
  let subnet = '';
  let runs = 0;

  /** What EC2 says of the default VPC, for which the suite has no client. */
  const ask = async (action: string, tag: string): Promise<string> => {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        authorization:
          'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/us-east-1/ec2/aws4_request, SignedHeaders=host, Signature=0',
      },
      body: `Action=${action}&Version=2016-11-15`,
    });
    return new RegExp(`<${tag}>([^<]+)`).exec(await response.text())?.[1] ?? '';
  };

  const migrate = async (given: Readonly<Record<string, string>>) => {
    const log = createMemoryLog();
    runs += 1;
    const run = { runId: String(runs), attempt: '1', step: 'migrate' };
    const inputs = migrationInputs({ timeout: '60s', service: 'api', image: 'example.org/migrate:v2', ...given });
    const { outputs } = await runMigrations(inputs, { ...context, ecs, logs: createLogs(context), log, run });
    return { outputs };
  };

  beforeAll(async () => {
    const sdk = new ECSClient({});
    await sdk.send(new CreateClusterCommand({ clusterName: 'c' }));
    subnet = await ask('DescribeSubnets', 'subnetId');
    const group = await ask('DescribeSecurityGroups', 'groupId');
    for (const family of ['migrate', 'api']) {
      await ecs.registerTaskDefinition({
        family,
        networkMode: 'awsvpc',
        requiresCompatibilities: ['FARGATE'],
        cpu: '256',
        memory: '512',
        containerDefinitions: [{ name: family, image: 'example.org/migrate:v1', memory: 128, essential: true }],
      });
    }
    await sdk.send(
      new CreateServiceCommand({
        cluster: 'c',
        serviceName: 'api',
        taskDefinition: 'api',
        desiredCount: 0,
        launchType: 'FARGATE',
        networkConfiguration: { awsvpcConfiguration: { subnets: [subnet], securityGroups: [group] } },
      }),
    );
  });

  test('register the new image, run it where the service runs, and take its exit code', async () => {
    const { outputs } = await migrate({});
    expect(outputs).toMatchObject({
      outcome: 'succeeded',
      'exit-code': '0',
      'task-arn': expect.stringMatching(/:task\//),
      'task-definition-arn': expect.stringMatching(/migrate:2$/),
    });
  });

  test('register nothing when nothing differs', async () => {
    const { outputs } = await migrate({});
    expect(outputs['task-definition-arn']).toMatch(/migrate:2$/);
  });

  test('start nothing for a family, service or container that is not there', async () => {
    await expect(migrate({ 'task-definition': 'nobody' })).rejects.toThrow(/task definition "nobody"/);
    await expect(migrate({ service: 'nobody' })).rejects.toMatchObject({
      problems: [expect.stringMatching(/no active service "nobody"/)],
    });
    await expect(migrate({ container: 'nobody' })).rejects.toMatchObject({
      problems: [expect.stringMatching(/the task definition has "migrate"/)],
    });
  });
});
