import { describe, expect, test } from '@jest/globals';
import { onStage, serving } from '../support/deploy-stage.ts';

describe('what is said is so', () => {
  test.concurrent('deployed, then unchanged; values of variables are nowhere', () =>
    onStage({}, async ({ world, one }) => {
      const first = await one('v2', { 'environment-variables': 'PASSPHRASE=new-value-not-to-be-seen' });
      expect([first.outputs.outcome, await world.image()]).toEqual(['deployed', 'v2']);
      expect(serving(first)).toEqual(['api:2']);
      expect((await one('v2')).outputs.outcome).toBe('unchanged');
      expect(world.aws.calls('UpdateService')).toBe(1);
    }));

  test.concurrent.each([
    ['crash-loops', 'crash', /exited 1/],
    ['cannot be pulled', 'missing', /CannotPull/],
    ['has a reason that is an attack', 'hostile', /CannotPull/],
  ])('a revision that %s is rolled back, and its words stay words', (_, image, reason) =>
    onStage({}, async ({ world, one }) => {
      const ran = await one(image, { 'max-failed-tasks': '2' });
      expect([ran.outputs.outcome, await world.image()]).toEqual(['rolled-back', 'v1']);
      expect(ran.outputs.reason).toMatch(reason);
      expect(serving(ran)).toEqual(['api:1']);
    }),
  );

  test.concurrent.each([
    ['that goes back by itself', true, 'rolled-back'],
    ['that only stops', false, 'rolled-back'],
  ])('a circuit breaker %s', (_, rollback, outcome) => {
    const deploymentConfiguration = { deploymentCircuitBreaker: { enable: true, rollback } };
    return onStage({ createService: { deploymentConfiguration } }, async ({ world, one }) => {
      const ran = await one('crash', { 'max-failed-tasks': '0' });
      expect([ran.outputs.outcome, await world.image(), serving(ran)]).toEqual([outcome, 'v1', ['api:1']]);
    });
  });

  test.concurrent('a service without tasks is deployed with a warning that none ever ran', () =>
    onStage({ createService: { desiredCount: 0 } }, async ({ one }) => {
      const ran = await one('crash');
      expect(ran.outputs).toMatchObject({ outcome: 'deployed', reason: expect.stringMatching(/desired count is 0/) });
      expect(ran.commands).toContainEqual(expect.objectContaining({ name: 'warning' }));
      expect(serving(ran)).toEqual(['']);
    }));

  test.concurrent('somebody else who deploys meanwhile is not fought', () =>
    onStage({ timings: { pendingMs: 1_500 } }, async ({ world, one }) => {
      const running = one('v2');
      await world.until('it is begun', async () => (await world.image()) === 'v2');
      await world.ecs('UpdateService', { cluster: 'c', service: 'api', taskDefinition: 'migrate' });
      expect((await running).outputs.outcome).toBe('superseded');
      expect((await world.service()).taskDefinition).toMatch(/migrate:1$/);
    }));

  test.concurrent('a service that is deleted meanwhile is no success', () =>
    onStage({ timings: { pendingMs: 1_500 } }, async ({ world, one }) => {
      const running = one('v2');
      await world.until('it is begun', async () => (await world.image()) === 'v2');
      await world.ecs('DeleteService', { cluster: 'c', service: 'api', force: true });
      expect(['failed', 'unknown', 'rollback-failed']).toContain((await running).outputs.outcome);
    }));

  test.concurrent('what nine services tell at once can be handed to the next step', () => {
    const names = Array.from({ length: 9 }, (_, at) => `s${at}`);
    return onStage({ names }, async ({ deploy }) => {
      const services = JSON.stringify(names.map((service) => ({ service, image: 'chatty' })));
      const ran = await deploy({ services, 'max-failed-tasks': '2' });
      expect(ran.outputs.outcome).toBe('rolled-back');
      const reports: Array<{ log: string[] }> = JSON.parse(ran.outputs.services ?? '');
      expect(reports.some(({ log }) => log.length > 0)).toBe(true);
    });
  });
});
