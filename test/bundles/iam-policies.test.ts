import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import { exits } from '../../packages/rehearsal/src/aws/scripted-engine.ts';
import { createJob, runBundle } from '../support/bundle.ts';
import { startBundleAws } from '../support/bundle-aws.ts';

interface Statement {
  readonly Action: string | readonly string[];
}

/** What the policy of an action's README allows; of none where it has no policy. */
const allowedBy = (action: string): string[] => {
  const text = readFileSync(`actions/${action}/README.md`, 'utf8');
  const policies = [...text.matchAll(/```json\n(.*?)```/gs)].map(([, block = '']) => JSON.parse(block));
  return policies.flatMap(({ Statement = [] }: { Statement?: readonly Statement[] }) =>
    Statement.flatMap(({ Action }) => Action),
  );
};

/** Runs steps one after another and returns the calls that they made, as IAM calls them. */
const callsOf = async (action: string, steps: ReadonlyArray<Record<string, string>>): Promise<string[]> => {
  const job = createJob();
  const world = await startBundleAws({ good: exits(0, 100), hangs: {} });
  try {
    for (const inputs of steps) await runBundle(action, job, { inputs, env: world.env });
    const own = world.aws.requests().filter(({ accessKeyId }) => accessKeyId === world.env.AWS_ACCESS_KEY_ID);
    return [...new Set(own.map(({ service, operation }) => `${service}:${operation}`))].sort();
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
