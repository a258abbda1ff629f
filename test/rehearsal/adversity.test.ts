import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { rehearse } from '../support/rehearse.ts';
import { lastLine, messages, serving, stagesToldBy } from '../support/rehearsed.ts';
import { testInCi } from '../support/thorough.ts';
import { CHANGED, WORKFLOW, wardIn } from '../support/ward.ts';

const temp = mkdtempSync(join(tmpdir(), 'adversity-'));

afterAll(() => rmSync(temp, { recursive: true, force: true }));

const SECRETS =
  '    secrets: { slack-webhook-url: "${{ secrets.SLACK_WEBHOOK_URL }}", discord-webhook-url: "${{ secrets.DISCORD_WEBHOOK_URL }}" }\n';

/** A release of the ward, which tells both chats. */
const release = (...args: readonly string[]) => {
  const before = { '.github/workflows/deploy-production.yml': `${WORKFLOW}${SECRETS}` };
  return rehearse('--repo', wardIn(temp, before, CHANGED), ...args);
};

describe('a production release', () => {
  testInCi('whose credentials expire says that it does not know, not that it deployed', async () => {
    const run = await release('--fault', 'token-expires');
    expect(run.exitCode).toBe(1);
    expect(lastLine(run)).toContain('✗ deploy-production failed (unknown)');
    expect(messages(run).discord).toContain('production: outcome unknown');
    expect(messages(run).discord).not.toContain('production: deployed');
  });

  test('that is cancelled while it deploys goes back', async () => {
    const run = await release('--cancel-at', 'Deploy');
    expect(run.exitCode).toBe(1);
    expect(serving(run)).toEqual(['ward-production-desk 1.0.0 ward-production-desk:1 2/2 tasks']);
    expect(lastLine(run)).toContain('deploy-production was cancelled');
    expect(messages(run).slack).toContain('cancelled');
    expect(run.leftovers).toEqual([]);
  });

  testInCi('under throttling and a slow start still ends well', async () => {
    const run = await release('--fault', 'throttle', '--fault', 'desk:slow-start');
    expect(lastLine(run)).toContain('✓ deploy-production succeeded (deployed)');
    expect(run.exitCode).toBe(0);
  });
});

describe('a staging release', () => {
  testInCi('builds what changed and brings it out', async () => {
    const run = await rehearse('deploy-staging');
    expect(run.exitCode).toBe(0);
    expect(run.output).toMatch(/\| api \| built \|/);
    expect(stagesToldBy(run, 'Discord')).toEqual([
      'migrating (1/3)',
      'deploying (2/3)',
      'smoke-testing (3/3)',
      'deployed',
    ]);
    expect(stagesToldBy(run, 'Slack')).toEqual(['deployed']);
    expect(lastLine(run)).toContain('✓ deploy-staging succeeded (deployed)');
  });

  test('whose migration fails touches no service', async () => {
    const run = await rehearse('deploy-staging', '--fault', 'api:migration-fails');
    expect(run.exitCode).toBe(1);
    expect(serving(run).every((line) => line.includes(':1 '))).toBe(true);
    expect(run.report).not.toContain('ecs:UpdateService');
    expect(messages(run).slack).toContain('staging: failed');
    expect(messages(run).slack).toContain('at Run migrations');
    expect(messages(run).discord).toContain('The migrations failed, and no service was touched');
    expect(run.output).toMatch(/staging .* failure {2}api untouched, web untouched, worker kept/);
    expect(run.leftovers).toEqual([]);
  });
});
