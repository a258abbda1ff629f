import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createEcrService } from '@hospital-ops/rehearsal/aws/ecr';
import { installDockerStandIn } from '@hospital-ops/rehearsal/engine/builder/install';
import { createImageStore } from '@hospital-ops/rehearsal/registry/image-store';
import type { RegistryOperation } from '@hospital-ops/rehearsal/registry/protocol';
import { startRegistry } from '@hospital-ops/rehearsal/registry/registry-server';
import { createRegistryTokens } from '@hospital-ops/rehearsal/registry/tokens';
import { expect, test } from '@jest/globals';
import { exits } from '../../packages/rehearsal/src/aws/scripted-engine.ts';
import { createJob, runBundle } from '../support/bundle.ts';
import type { BundleAws } from '../support/bundle-aws.ts';
import { startBundleAws } from '../support/bundle-aws.ts';

interface Statement {
  readonly Action: string | readonly string[];
}

/** What the policies of an action's README allow, be they whole or further statements; nothing where it has none. */
const allowedBy = (action: string): string[] => {
  const text = readFileSync(`actions/${action}/README.md`, 'utf8');
  return [...text.matchAll(/```json\n(.*?)```/gs)].flatMap(([, block = '']) => {
    const policy = JSON.parse(block) as { readonly Statement?: readonly Statement[] } | readonly Statement[];
    const statements = 'length' in policy ? policy : (policy.Statement ?? []);
    return statements.flatMap(({ Action }) => Action);
  });
};

const madeIn = ({ aws, env }: BundleAws): string[] =>
  aws
    .requests()
    .filter(({ accessKeyId }) => accessKeyId === env.AWS_ACCESS_KEY_ID)
    .map(({ service, operation }) => `${service}:${operation}`);

/** Runs steps one after another and returns the calls that they made, as IAM calls them. */
const callsOf = async (action: string, steps: ReadonlyArray<Record<string, string>>): Promise<string[]> => {
  const job = createJob();
  const world = await startBundleAws({ good: exits(0, 100), hangs: {} });
  try {
    for (const inputs of steps) await runBundle(action, job, { inputs, env: world.env });
    return [...new Set(madeIn(world))].sort();
  } finally {
    await world.close();
    job.remove();
  }
};

/** Not a call of its own: who registers and runs a task must be allowed to pass its roles. */
const PASSED = 'iam:PassRole';

test('run-migrations makes the calls that its policy allows, and no other', async () => {
  const migrate = { cluster: 'c', 'task-definition': 'migrate', service: 'api' };
  const calls = await callsOf('run-migrations', [
    { ...migrate, image: 'good' },
    { ...migrate, image: 'hangs', timeout: '1s', 'on-running': 'wait' },
    { ...migrate, image: 'good', 'dry-run': 'true' },
  ]);
  expect([...calls, PASSED].sort()).toEqual(allowedBy('run-migrations').sort());
});

test('smoke-test asks AWS nothing, and needs no policy', async () => {
  const server = createServer((_, response) => response.end('{"version":"1.0.0"}'));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  try {
    const calls = await callsOf('smoke-test', [
      { url, 'expect-version': '1.0.0' },
      { url, 'expect-version': '2.0.0', deadline: '0' },
    ]);
    expect([calls, allowedBy('smoke-test')]).toEqual([[], []]);
  } finally {
    await new Promise((done) => server.close(done));
  }
});

/** What IAM calls a request to ECR's registry (Amazon ECR, actions and the registry's HTTP API). */
const REGISTRY_ACTIONS: Readonly<Record<RegistryOperation, readonly string[]>> = {
  ping: [],
  'head-manifest': ['ecr:BatchGetImage'],
  'get-manifest': ['ecr:BatchGetImage'],
  'get-blob': ['ecr:GetDownloadUrlForLayer'],
  'head-blob': ['ecr:BatchCheckLayerAvailability'],
  'start-upload': ['ecr:InitiateLayerUpload'],
  'upload-chunk': ['ecr:UploadLayerPart'],
  // Which brings the layer where it came in no chunk before.
  'finish-upload': ['ecr:UploadLayerPart', 'ecr:CompleteLayerUpload'],
  'put-manifest': ['ecr:PutImage'],
  'list-tags': ['ecr:ListImages'],
};

test('build-image makes the calls that its policies allow, and no other', async () => {
  const store = createImageStore();
  const tokens = createRegistryTokens();
  const credentials = (user: string, password: string) => tokens.accepts(user, password, Date.now());
  const registry = await startRegistry({ store, credentials });
  // Nobody scans but who is asked to.
  const ecr = createEcrService({ store, registryHost: registry.host, tokens, scanner: () => undefined });
  const world = await startBundleAws({}, [], { services: [ecr] });
  const job = createJob();
  job.write('Dockerfile', 'FROM scratch\nCOPY app.txt /app.txt\nCMD ["/app"]\n');
  job.write('app.txt', 'one');
  const bin = join(job.folder, 'bin');
  await installDockerStandIn(bin, join(job.folder, 'images'));
  const step = (inputs: Record<string, string>) => {
    const env = { ...world.env, PATH: `${bin}:${process.env.PATH}`, GITHUB_REF: 'refs/tags/v1.2.3' };
    return runBundle('build-image', job, { inputs: { repository: 'ward-api', ...inputs }, env });
  };
  try {
    const lifecycle = { 'lifecycle-policy': '{"rules":[]}', tags: '{version},{major}' };
    for (const _ of ['creates', 'compares']) expect((await step(lifecycle)).code).toBe(0);
    const promoted = await step({ repository: 'ward-production', 'promote-from': 'ward-api:1.2.3' });
    expect(promoted.outputs.result).toBe('promoted');
    // Asked for after five seconds.
    await step({ 'scan-gate': 'high', 'scan-timeout': '8s' });
    const asked = registry.requests.flatMap(({ operation }) => REGISTRY_ACTIONS[operation]);
    const calls = [...new Set([...madeIn(world), ...asked])];
    expect(calls.sort()).toEqual([...new Set(allowedBy('build-image'))].sort());
  } finally {
    await registry.close();
    await world.close();
    job.remove();
  }
});
