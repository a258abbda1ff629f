import { afterEach, describe, expect, test } from '@jest/globals';
import { exits } from '../../packages/rehearsal/src/aws/scripted-engine.ts';
import type { ReleaseWorld } from './release-world.ts';
import { createReleaseWorld } from './release-world.ts';

let open: ReleaseWorld[] = [];
afterEach(async () => {
  for (const world of open) await world.close();
  open = [];
});

describe('when the revision that serves was deregistered', () => {
  test('a release that fails goes back to a copy of it', async () => {
    const world = await createReleaseWorld({ crash: exits(1, 10) }, ['api', 'web']);
    open.push(world);
    await world.ecs('DeregisterTaskDefinition', { taskDefinition: 'api:1' });
    const services = JSON.stringify([
      { service: 'api', image: 'v2' },
      { service: 'web', image: 'crash', after: ['api'] },
    ]);
    const { outputs, reports, lines } = await world.deploy({ services });
    expect([outputs.outcome, ...reports.map(({ outcome }) => outcome)]).toEqual([
      'rolled-back',
      'rolled-back',
      'rolled-back',
    ]);
    expect([await world.image('api'), await world.image('web')]).toEqual(['v1', 'v1']);
    expect(JSON.stringify(reports[0]?.serving)).toContain('api:3');
    expect(lines.join('\n')).toContain('api:3 is a copy of it');
    const { taskDefinition: copy } = await world.ecs('DescribeTaskDefinition', { taskDefinition: 'api:3' });
    const { taskDefinition: old } = await world.ecs('DescribeTaskDefinition', { taskDefinition: 'api:1' });
    expect(copy.containerDefinitions).toEqual(old.containerDefinitions);
  });

  test('that is said before anything is changed', async () => {
    const world = await createReleaseWorld();
    open.push(world);
    await world.ecs('DeregisterTaskDefinition', { taskDefinition: 'api:1' });
    const { lines } = await world.deploy({ service: 'api', image: 'v2', 'dry-run': 'true' });
    expect(lines.join('\n')).toContain('api:1 is INACTIVE');
  });
});
