import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const DIST = join(import.meta.dirname, '..', '..', 'dist');

/** The head of a hand-written action: outputs and AWS as the runner gives them, and nothing of the suite. */
const HEAD = `
import { appendFileSync } from 'node:fs';
import { createRequire } from 'node:module';
const set = (name, value) => appendFileSync(process.env.GITHUB_OUTPUT, name + '<<EOF_\\n' + value + '\\nEOF_\\n');
const input = (name) => process.env['INPUT_' + name.toUpperCase()] ?? '';
const aws = async (operation, body) => {
  const response = await fetch(process.env.AWS_ENDPOINT_URL, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'AmazonEC2ContainerServiceV20141113.' + operation,
      authorization: 'AWS4-HMAC-SHA256 Credential=' + process.env.AWS_ACCESS_KEY_ID + '/20260101/' + process.env.AWS_REGION + '/ecs/aws4_request, SignedHeaders=host, Signature=' + '0'.repeat(64),
      'x-amz-date': '20260101T000000Z',
    },
    body: JSON.stringify(body),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(operation + ': ' + JSON.stringify(answer));
  return answer;
};
`;

/** Deployment steps as they are written by hand, each with a fault that says "success". */
export const BROKEN = {
  'redeploys the old image': {
    action: 'ecs-deploy',
    source: `${HEAD}
const services = JSON.parse(input('services'));
const result = [];
for (const { service, name } of services) {
  await aws('UpdateService', { cluster: input('cluster'), service, forceNewDeployment: true });
  result.push({ service, name, outcome: 'deployed', reason: '', serving: { version: input('version') } });
}
set('outcome', 'deployed');
set('services', JSON.stringify(result));
`,
  },
  'ignores the exit code of the migration': {
    action: 'run-migrations',
    source: `${HEAD}
const { services: [service] } = await aws('DescribeServices', { cluster: input('cluster'), services: [input('service')] });
const { taskDefinition } = await aws('DescribeTaskDefinition', { taskDefinition: input('task-definition') });
const { taskDefinitionArn, revision, status, requiresAttributes, compatibilities, registeredAt, registeredBy, ...kept } = taskDefinition;
const [container] = kept.containerDefinitions;
const { taskDefinition: { taskDefinitionArn: released } } = await aws('RegisterTaskDefinition', {
  ...kept, containerDefinitions: [{ ...container, image: input('image') }],
});
const { tasks: [task] } = await aws('RunTask', {
  cluster: input('cluster'), taskDefinition: released, launchType: 'FARGATE',
  networkConfiguration: service.networkConfiguration,
  overrides: { containerOverrides: [{ name: container.name, command: JSON.parse(input('command')) }] },
});
for (;;) {
  const { tasks } = await aws('DescribeTasks', { cluster: input('cluster'), tasks: [task.taskArn] });
  if (tasks[0].lastStatus === 'STOPPED') break;
  await new Promise((resolve) => setTimeout(resolve, 200));
}
set('outcome', 'succeeded');
`,
  },
  'takes a rollback for success': {
    action: 'ecs-deploy',
    source: `${HEAD}
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
spawnSync(process.execPath, [new URL('./real.js', import.meta.url).pathname], { stdio: 'inherit' });
const before = readFileSync(process.env.GITHUB_OUTPUT, 'utf8');
writeFileSync(process.env.GITHUB_OUTPUT, before.replaceAll('rolled-back', 'deployed'));
`,
  },
  'smoke-tests the wrong version': {
    action: 'smoke-test',
    source: `${HEAD}
for (const { url } of JSON.parse(input('checks'))) await fetch(new URL('/health', url));
set('outcome', 'passed');
`,
  },
} as const;

export type Broken = keyof typeof BROKEN;

/** Writes a copy of the release tree to `folder` in which some actions are broken on purpose. */
export const breakSuite = (broken: readonly Broken[], folder: string): void => {
  cpSync(DIST, folder, { recursive: true });
  for (const { action, source } of broken.map((name) => BROKEN[name])) {
    cpSync(join(folder, action, 'index.js'), join(folder, action, 'real.js'));
    writeFileSync(join(folder, action, 'index.js'), source);
  }
};
