import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { World } from '../deployment-record/world.ts';
import { startWorld, TABLE } from '../deployment-record/world.ts';
import type { Job, Ran } from '../support/bundle.ts';
import { createJob, runBundle } from '../support/bundle.ts';

const CROWD = 50;
const HOUR = 3_600_000;
/** Below the time after which a client gives a request up. */
const PATIENCE_MS = 8_000;

/** AWS behind a door that lets reads of the lock in by the crowd: all have seen it free before the first one writes. */
const startDoor = async (target: string) => {
  const waiting = new Set<() => void>();
  let crowds = 0;
  const letIn = () => {
    crowds += 1;
    for (const go of waiting) go();
    waiting.clear();
  };
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { 'x-amz-target': operation, 'content-type': type = '', authorization = '' } = request.headers;
    // Each looks for the holder first, and then claims: two reads.
    if (crowds < 2 && String(operation).endsWith('.GetItem')) {
      const late = setTimeout(letIn, PATIENCE_MS);
      await new Promise<void>((go) => {
        waiting.add(go);
        if (waiting.size >= CROWD) letIn();
      });
      clearTimeout(late);
    }
    const headers = { 'x-amz-target': String(operation), 'content-type': type, authorization };
    const body = Buffer.concat(chunks);
    const passed = await fetch(target, { method: 'POST', headers, body }).catch(() => undefined);
    if (passed === undefined) return void request.socket.destroy();
    const answer = Buffer.from(await passed.arrayBuffer());
    const { date = '', 'content-type': form = '' } = Object.fromEntries(passed.headers);
    response.writeHead(passed.status, { date, 'content-type': form }).end(answer);
  });
  server.requestTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

let world: World;
let job: Job;
let door: Awaited<ReturnType<typeof startDoor>>;
beforeEach(async () => {
  [world, job] = [await startWorld(), createJob()];
  door = await startDoor(world.aws.url);
});
afterEach(async () => {
  job.remove();
  await door.close();
  await world.close();
});

/** A runner whose clock is wrong by `ms`. */
const skew = (ms: number) => `const now = Date.now; Date.now = () => now() + ${ms};`;

/** Clocks are off by up to four hours, to either side. */
const step = (index: number, inputs: Readonly<Record<string, string>>, state: Ran['state'] = {}): Promise<Ran> =>
  runBundle('deployment-record', job, {
    inputs: {
      environment: 'production',
      version: `1.0.${index}`,
      services: '["api"]',
      table: TABLE,
      token: '',
      sha: world.sha,
      ...inputs,
    },
    env: {
      AWS_ENDPOINT_URL: door.url,
      AWS_REGION: world.aws.region,
      AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'secret',
      GITHUB_ACTOR: `actor-${index}`,
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(skew((index % 5) * 2 * HOUR - 4 * HOUR))}`,
      ...Object.fromEntries(Object.entries(state).map(([name, value]) => [`STATE_${name}`, value])),
    },
  });

const owner = async () => (await world.items()).get('lock')?.owner;

test(`of ${CROWD} processes that claim at once, with wrong clocks and lost answers, one gets in, and only it lets go`, async () => {
  world.aws.faults.add({ service: 'dynamodb', operation: 'PutItem', kind: 'lost-response', rate: 0.5 });
  const crowd = await Promise.all(Array.from({ length: CROWD }, (_, index) => step(index, {})));
  // All have tried: each saw the environment free.
  expect(world.aws.calls('PutItem', 'dynamodb')).toBeGreaterThanOrEqual(CROWD);
  const winners = crowd.filter(({ code }) => code === 0);
  expect(winners).toHaveLength(1);
  const [winner] = winners as [Ran];
  const id = winner.outputs['deployment-id'] ?? '';
  expect(await owner()).toBe(id);
  const index = crowd.indexOf(winner);
  for (const ran of crowd) {
    if (ran !== winner) expect(ran.outputs['lock-holder']).toContain(`1.0.${index} by actor-${index}`);
  }
  const begun = async () => [...(await world.items()).keys()].filter((key) => key.endsWith('#started'));
  expect(await begun()).toHaveLength(1);

  // The losers' post steps, while the winner ends and the next one comes: nobody but the holder lets go.
  world.aws.faults.clear();
  world.aws.faults.add({ service: 'dynamodb', operation: 'DeleteItem', kind: 'lost-response', rate: 0.5 });
  const losers = crowd.filter((ran) => ran !== winner).slice(0, 8);
  const posts = (of: readonly Ran[]) => of.map((ran) => step(crowd.indexOf(ran), { status: 'failure' }, ran.state));
  const finish = { operation: 'finish', 'deployment-id': id, status: 'deployed' };
  const [finished, next] = await Promise.all([
    step(index, finish),
    step(CROWD, { 'lock-wait': '1m' }),
    ...posts(losers.slice(0, 4)),
  ]);
  expect([finished.code, next.code]).toEqual([0, 0]);
  expect(next.outputs['previous-version']).toBe(`1.0.${index}`);
  // What comes late, the first winner's post step among it, finds the environment in other hands.
  await Promise.all(posts([winner, ...losers.slice(4)]));
  expect(await owner()).toBe(next.outputs['deployment-id']);
  expect(await begun()).toHaveLength(2);
});
