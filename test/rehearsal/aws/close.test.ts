import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const at = (path: string): string => new URL(`../../../packages/rehearsal/src/aws/${path}`, import.meta.url).href;

const PROGRAM = `
import { startLocalAws } from '${at('local-aws.ts')}';
import { startLoadBalancer } from '${at('elbv2/load-balancer.ts')}';
import { createScriptedEngine, RUNS } from '${at('scripted-engine.ts')}';
import { systemClock } from '@hospital-ops/action-kit/clock';
const engine = createScriptedEngine(systemClock, () => RUNS);
const aws = await startLocalAws({ engine });
const balancer = await startLoadBalancer(aws);
await aws.call('ecs', 'CreateCluster');
await aws.call('ecs', 'RegisterTaskDefinition', { family: 'f', containerDefinitions: [{ name: 'a', image: 'i', memory: 4 }] });
await aws.call('ecs', 'CreateService', { serviceName: 's', taskDefinition: 'f', desiredCount: 2 });
await systemClock.sleep(400);
await balancer.close();
await aws.close();
await engine.close();
process.stdout.write('closed ' + aws.ecs.snapshot().tasks.map(({ containers }) => containers[0].exitCode).join());
`;

test('after close nothing keeps the process alive and every container has ended', async () => {
  const output = await new Promise<string>((resolve, reject) => {
    const options = { cwd: fileURLToPath(new URL('../../..', import.meta.url)), timeout: 15_000 };
    execFile(process.execPath, ['--input-type=module', '--eval', PROGRAM], options, (error, stdout) =>
      error ? reject(error) : resolve(stdout),
    );
  });
  expect(output).toBe('closed 143,143');
});
