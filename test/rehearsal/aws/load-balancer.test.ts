import type { Server } from 'node:http';
import { createServer, request } from 'node:http';
import { systemClock } from '@hospital-ops/action-kit/clock';
import { afterEach, expect, test } from '@jest/globals';
import { startLoadBalancer } from '../../../packages/rehearsal/src/aws/elbv2/load-balancer.ts';
import { listenOnLoopback } from '../../../packages/rehearsal/src/aws/listen.ts';
import type { LocalAws } from '../../../packages/rehearsal/src/aws/local-aws.ts';
import { startLocalAws } from '../../../packages/rehearsal/src/aws/local-aws.ts';
import type { TaskEngine } from '../../../packages/rehearsal/src/engine/task-engine.ts';
import { createTargetGroup } from './world.ts';

const closing: Array<() => Promise<unknown>> = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** An engine whose containers are HTTP servers in this process: image `v1` answers `v1`, `slow` holds `/slow`. */
const createHttpEngine = (): TaskEngine => ({
  start: async (task, events) => {
    const servers = new Map<string, { server: Server; port: number; close(): Promise<void> }>();
    for (const { name, image } of task.containers) {
      const server = createServer((incoming, response) => {
        const answer = () => response.end(`${image} ${incoming.headers['x-forwarded-for']} ${incoming.headers.host}`);
        if (incoming.url === '/slow') setTimeout(answer, 100);
        else if (incoming.url === '/drop') incoming.socket.destroy();
        else answer();
      });
      servers.set(name, { server, ...(await listenOnLoopback(server)) });
    }
    return {
      address: (container) => {
        const found = servers.get(container);
        return found && { host: '127.0.0.1', port: found.port };
      },
      stop: async () => {
        for (const [container, { close }] of servers) {
          await close();
          events.exit({ container, exitCode: 0 });
        }
      },
    };
  },
  close: async () => undefined,
});

const get = (port: number, host: string, path = '/'): Promise<{ status: number; body: string }> =>
  new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, headers: { host }, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    })
      .on('error', reject)
      .end();
  });

const quick = {
  provisioningMs: 5,
  pendingMs: 5,
  steadyMs: 30,
  healthIntervalMs: 20,
  deregistrationDelayMs: 800,
  reconcileMs: 5,
};

const deployed = async (aws: LocalAws, image: string, first: boolean): Promise<void> => {
  const containerDefinitions = [{ name: 'api', image, memory: 64, portMappings: [{ containerPort: 3001 }] }];
  await aws.call('ecs', 'RegisterTaskDefinition', { family: 'api', containerDefinitions });
  if (!first) {
    await aws.call('ecs', 'UpdateService', { service: 'api', taskDefinition: 'api' });
    return;
  }
  const targetGroupArn = await createTargetGroup(aws, 'api.example.org');
  const loadBalancers = [{ targetGroupArn, containerName: 'api', containerPort: 3001 }];
  await aws.call('ecs', 'CreateService', { serviceName: 'api', taskDefinition: 'api', desiredCount: 2, loadBalancers });
};

const completed = async (aws: LocalAws): Promise<void> => {
  while (aws.ecs.snapshot().services[0]?.rolloutState !== 'COMPLETED') await systemClock.sleep(10);
};

test('requests reach healthy tasks only, none is lost in an update, and those under way are finished', async () => {
  const aws = await startLocalAws({ engine: createHttpEngine(), timings: quick });
  closing.push(() => aws.close());
  const balancer = await startLoadBalancer(aws);
  closing.push(() => balancer.close());
  await aws.call('ecs', 'CreateCluster', {});
  expect((await get(balancer.port, 'api.example.org')).status).toBe(404);
  await deployed(aws, 'v1', true);
  expect((await get(balancer.port, 'api.example.org')).status).toBe(503);
  await completed(aws);
  expect(await get(balancer.port, 'API.example.org:443')).toEqual({
    status: 200,
    body: 'v1 127.0.0.1 API.example.org:443',
  });
  expect(await get(balancer.port, 'other.org')).toEqual({ status: 404, body: 'no rule' });
  expect((await get(balancer.port, 'api.example.org', '/drop')).status).toBe(502);

  await deployed(aws, 'v2', false);
  const answers: Array<Promise<{ status: number; body: string }>> = [];
  while (aws.ecs.snapshot().services[0]?.rolloutState !== 'COMPLETED') {
    answers.push(get(balancer.port, 'api.example.org', '/slow'));
    await systemClock.sleep(10);
  }
  const seen = await Promise.all(answers);
  expect(new Set(seen.map(({ status }) => status))).toEqual(new Set([200]));
  expect((await get(balancer.port, 'api.example.org')).body).toMatch(/^v2 /);
});

test('what really goes through it is in the metrics of CloudWatch, by who answered', async () => {
  const aws = await startLocalAws({ engine: createHttpEngine(), timings: { ...quick, minuteMs: 60_000 } });
  closing.push(() => aws.close());
  const balancer = await startLoadBalancer(aws);
  closing.push(() => balancer.close());
  await aws.call('ecs', 'CreateCluster', {});
  await deployed(aws, 'v1', true);
  await completed(aws);
  for (const path of ['/', '/', '/slow', '/drop']) await get(balancer.port, 'api.example.org', path);
  await get(balancer.port, 'other.org');
  const read = async (metric: string, stat: string) => {
    const search = `{AWS/ApplicationELB,LoadBalancer} MetricName="${metric}"`;
    const { MetricDataResults } = await aws.call('cloudwatch', 'GetMetricData', {
      MetricDataQueries: [{ Id: 'e', Expression: `MAX(SEARCH('${search}', '${stat}', 3600))`, Period: 3600 }],
      StartTime: new Date(Date.now() - 60_000),
      EndTime: new Date(Date.now() + 60_000),
    });
    const [result] = MetricDataResults as Array<{ Values: number[] }>;
    return result?.Values.reduce((all, value) => all + value, 0);
  };
  expect(await read('RequestCount', 'Sum')).toBe(4);
  expect(await read('HTTPCode_Target_2XX_Count', 'Sum')).toBe(3);
  expect(await read('HTTPCode_Target_5XX_Count', 'Sum')).toBe(0);
  expect(await read('HTTPCode_ELB_502_Count', 'Sum')).toBe(1);
  expect(await read('HTTP_Fixed_Response_Count', 'Sum')).toBe(1);
  expect(await read('TargetResponseTime', 'Maximum')).toBeGreaterThan(0.05);
});
