import { describe, expect, test } from '@jest/globals';
import type { Mangle } from '../support/bundle-aws.ts';
import { SECRETS } from '../support/bundle-aws.ts';
import { from, onStage, serving } from '../support/deploy-stage.ts';

const truncated: Mangle = ({ status, body }) => ({ status, body: body.slice(0, -20) });
const html: Mangle = () => ({ status: 200, body: '<html>welcome to the hotel</html>', type: 'text/html' });
const empty: Mangle = () => ({ status: 200, body: '{}' });
const firstly =
  (how: Mangle, after = 0): Mangle =>
  (answer, count, headers) =>
    count === after + 1 ? how(answer, count, headers) : answer;

describe('an answer that went wrong', () => {
  test.concurrent.each<[string, string, Mangle, string, string, string]>([
    ['is cut off', 'UpdateService', firstly(() => 'cut'), 'crash', 'rolled-back', 'v1'],
    ['is half a JSON', 'UpdateService', firstly(truncated), 'crash', 'rolled-back', 'v1'],
    ['is half a JSON of a good revision', 'UpdateService', firstly(truncated), 'v2', 'deployed', 'v2'],
    ['is a page', 'UpdateService', firstly(html), 'crash', 'rolled-back', 'v1'],
    ['is empty', 'UpdateService', firstly(empty), 'crash', 'rolled-back', 'v1'],
    ['is half a JSON', 'RegisterTaskDefinition', firstly(truncated), 'v2', 'deployed', 'v2'],
    ['is a page in the middle', 'DescribeServices', firstly(html, 2), 'v2', 'deployed', 'v2'],
    ['is half a JSON in the middle', 'DescribeServices', firstly(truncated, 2), 'v2', 'deployed', 'v2'],
    ['is a page for ever', 'DescribeServiceDeployments', from(html, 0), 'v2', 'deployed', 'v2'],
  ])('that %s (%s) is no proof of anything', (_, operation, how, image, outcome, left) =>
    onStage({}, async ({ world, one }) => {
      world.mangle(operation, how);
      const ran = await one(image, { 'max-failed-tasks': '2' });
      expect([ran.outputs.outcome, await world.image()]).toEqual([outcome, left]);
      expect(world.aws.calls('RegisterTaskDefinition')).toBe(1);
    }),
  );

  test.concurrent('that holds no service does not make a started deployment', () =>
    onStage({}, async ({ world, one }) => {
      // Nothing of the call arrives where it could have an effect, and the answer looks well.
      world.aws.faults.add({ operation: 'UpdateService', kind: 'access-denied' });
      world.mangle('UpdateService', empty);
      const ran = await one('v2', { 'wait-until': 'started' });
      expect(['failed', 'unknown']).toContain(ran.outputs.outcome);
    }));

  test.concurrent.each<[string, Mangle]>([
    ['empties', from(empty, 2)],
    ['loses its services', from(() => ({ status: 200, body: '{"services":[],"failures":[]}' }), 2)],
  ])('that %s while it is watched leaves the outcome unknown', (_, how) =>
    onStage({}, async ({ world, one }) => {
      world.mangle('DescribeServices', how);
      const ran = await one('v2', { timeout: '15s' });
      expect([ran.outputs.outcome, serving(ran)]).toEqual(['unknown', ['']]);
    }),
  );

  test.concurrent('tells nothing of the credentials, also where AWS repeats them', () =>
    onStage({}, async ({ world, one }) => {
      const repeated = Array.from({ length: 40 }, (_, at) => `${'x'.repeat(at)} ${SECRETS.AWS_SESSION_TOKEN}`).join(
        ' ',
      );
      const message = `The Canonical String should have been x-amz-security-token:${repeated} ${SECRETS.AWS_SECRET_ACCESS_KEY}`;
      const body = JSON.stringify({ __type: 'InvalidSignatureException', message });
      world.mangle('DescribeServices', () => ({ status: 400, body }));
      expect((await one('v2')).outputs.outcome).toBe('failed');
    }));
});
