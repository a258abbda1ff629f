import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { runBundle } from '../support/bundle.ts';
import { onStage } from '../support/deploy-stage.ts';
import { expectInert, HOSTILE, HOSTILE_LINE } from '../support/hostile.ts';

describe('inputs that are none', () => {
  const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${['b', 'c', 'd', 'e', 'f', 'g']
    .map((name, at) => `${name}: &${name} [${Array(9).fill(`*${'abcdef'[at]}`).join(',')}]`)
    .join('\n')}`;

  test.concurrent('end the step before AWS is asked, all problems at once', () =>
    onStage({}, async ({ world, job, deploy }) => {
      writeFileSync(join(job.folder, 'outside.json'), '[{"service":"api","image":"v2"}]');
      symlinkSync(join(job.folder, 'outside.json'), join(job.workspace, 'link.json'));
      const before = world.aws.requests().length;
      const cases: Array<[Record<string, string>, RegExp]> = [
        [{ services: '[]' }, /at least one service/],
        [{ services: '{}' }, /at least one service/],
        [{ services: '[{"service":"api"},{"service":"api"}]' }, /twice/],
        [{ services: '[{"service":1}]' }, /must be text/],
        [
          { services: '[{"service":"api","imgae":"v2"}]' },
          /`imgae`: is no input of this action; did you mean `image`\?/,
        ],
        [{ services: '../outside.json' }, /outside the workspace/],
        [{ services: 'link.json' }, /outside the workspace/],
        [{ services: '/etc/os-release.yml' }, /cannot read/],
        [{ services: bomb }, /alias/i],
        [{ services: `- &a [*a]` }, /alias|expected a map/i],
        [{ services: '['.repeat(20_000) }, /services/],
        [{ services: JSON.stringify([HOSTILE_LINE]) }, /expected a map/],
        [{ service: 'api', cluster: '' }, /`cluster`/],
        [
          { service: 'api', timeout: '1x', 'max-parallel': '0', 'dry-run': 'yes' },
          /timeout[\s\S]*max-parallel[\s\S]*dry-run/,
        ],
        [{ service: 'api', 'rollback-to': HOSTILE_LINE.replace(/:/g, '') }, /rollback-to/],
        [{ service: 'api', strategy: 'canaries' }, /`strategy`/],
      ];
      for (let at = 0; at < cases.length; at += 4) {
        await Promise.all(
          cases.slice(at, at + 4).map(async ([given, message]) => {
            const ran = await deploy(given);
            expect([ran.outputs.outcome, ran.log]).toEqual(['failed', expect.stringMatching(message)]);
          }),
        );
      }
      expect(world.aws.requests()).toHaveLength(before);
    }));

  test.concurrent('of hostile names are refused by AWS and shown as text', () =>
    onStage({}, async ({ deploy }) => {
      const ran = await deploy({ service: HOSTILE_LINE, image: 'v2' });
      expect(ran.outputs.outcome).toBe('failed');
    }));

  test.concurrent.each([
    ['cluster', { cluster: HOSTILE.replaceAll('\0', ''), service: 'api', image: 'v2' }],
    ['short name', { services: JSON.stringify([{ service: 'api', name: HOSTILE, image: 'v2' }]), 'dry-run': 'true' }],
    ['image', { service: 'api', image: HOSTILE.replaceAll('\0', ''), 'dry-run': 'true' }],
    ['version', { service: 'api', image: 'v2', version: HOSTILE_LINE, 'dry-run': 'true' }],
  ])('of a hostile %s are inert in every output', (_, inputs) =>
    onStage({}, async ({ deploy }) => expectInert(await deploy({ verify: 'false', ...inputs }))),
  );
});

test.concurrent('a summary that cannot be written does not make a deployment fail', () =>
  onStage({}, async ({ world, job }) => {
    const ran = await runBundle('ecs-deploy', job, {
      inputs: { cluster: 'c', service: 'api', image: 'v2' },
      env: world.env,
      summaryFile: join(job.folder, 'nowhere', 'summary'),
    });
    expect([ran.code, ran.outputs.outcome]).toEqual([0, 'deployed']);
    expect(ran.commands).toContainEqual(expect.objectContaining({ name: 'warning' }));
  }));
