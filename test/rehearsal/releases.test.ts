import { describe, expect, test } from '@jest/globals';
import type { Rehearsed } from '../support/rehearse.ts';
import { rehearse } from '../support/rehearse.ts';

/** The section of the output that says what serves in the end. */
const serving = ({ output }: Rehearsed): string[] =>
  (output.split('Serving now\n').at(-1) ?? '')
    .split('\n\n')[0]
    ?.split('\n')
    .map((line) => line.trim().replace(/\s{2,}/g, ' ')) ?? [];

const lastLine = ({ output }: Rehearsed): string => output.trim().split('\n').at(-1) ?? '';

/** What was sent to each chat, as a reader sees it. */
const messages = ({ output }: Rehearsed): { slack: string; discord: string } => {
  const [, sent = ''] = output.split('Messages that were sent\n');
  const [body = ''] = sent.split('\nServing now\n');
  const [slack = '', discord = ''] = body.split(/^ {2}Discord:$/m);
  return { slack, discord };
};

const OLD = [
  'hospital-ops-production-api 1.0.0 hospital-ops-production-api:1 2/2 tasks',
  'hospital-ops-production-web 1.0.0 hospital-ops-production-web:1 2/2 tasks',
  'hospital-ops-production-worker 1.0.0 hospital-ops-production-worker:1 1/1 tasks',
];

describe('a production release', () => {
  test('brings out v1.1.0 where something changed, and tells both chats', async () => {
    const run = await rehearse();
    expect(run.exitCode).toBe(0);
    expect(serving(run)).toEqual([
      'hospital-ops-production-api 1.1.0 hospital-ops-production-api:2 2/2 tasks',
      'hospital-ops-production-web 1.1.0 hospital-ops-production-web:2 2/2 tasks',
      'hospital-ops-production-worker 1.0.0 hospital-ops-production-worker:1 1/1 tasks',
    ]);
    expect(lastLine(run)).toContain('✓ deploy-production succeeded (deployed)');
    for (const message of Object.values(messages(run))) {
      expect(message).toContain('1.1.0 → production: deployed');
      expect(message).toContain('Serving now: 1.1.0 (hospital-ops-production-web:2)');
    }
    expect(run.report).toContain('deploy-production succeeded (deployed)');
    expect(run.leftovers).toEqual([]);
  }, 120_000);

  test('with a crashing api goes back on every service, and says why', async () => {
    const run = await rehearse('deploy-production', '--fault', 'api:crash-loop');
    expect(run.exitCode).toBe(1);
    expect(serving(run)).toEqual(OLD);
    expect(lastLine(run)).toContain('✗ deploy-production failed (rolled-back)');
    for (const message of Object.values(messages(run))) {
      expect(message).toContain('1.1.0 → production: rolled back');
      expect(message).toContain('Error: DB_URL is not set');
      expect(message).toContain('deploy / Release');
    }
    expect(run.report).toContain('Error: DB_URL is not set');
    expect(run.leftovers).toEqual([]);
  }, 120_000);

  test('that is healthy and answers 500 fails its smoke test and goes back', async () => {
    const run = await rehearse('deploy-production', '--fault', 'web:5xx-after-deploy');
    expect(run.exitCode).toBe(1);
    expect(serving(run).map((line) => line.split(' ')[1])).toEqual(['1.0.0', '1.0.0', '1.0.0']);
    expect(lastLine(run)).toContain('(rolled-back)');
    expect(messages(run).slack).toContain('rolled back');
  }, 120_000);

  test('whose credentials expire says that it does not know, not that it deployed', async () => {
    const run = await rehearse('deploy-production', '--fault', 'token-expires');
    expect(run.exitCode).toBe(1);
    expect(lastLine(run)).toContain('✗ deploy-production failed (unknown)');
    expect(messages(run).discord).not.toContain('production: deployed');
  }, 120_000);

  test('that is cancelled while it deploys goes back', async () => {
    const run = await rehearse('deploy-production', '--cancel-at', 'Deploy');
    expect(run.exitCode).toBe(1);
    expect(serving(run)).toEqual(OLD);
    expect(lastLine(run)).toContain('deploy-production was cancelled');
    expect(messages(run).slack).toContain('cancelled');
    expect(run.leftovers).toEqual([]);
  }, 120_000);

  test('under throttling and a slow start still ends well', async () => {
    const run = await rehearse('deploy-production', '--fault', 'throttle', '--fault', 'api:slow-start');
    expect(lastLine(run)).toContain('✓ deploy-production succeeded (deployed)');
    expect(run.exitCode).toBe(0);
  }, 120_000);
});

describe('a staging release', () => {
  test('builds what changed and brings it out', async () => {
    const run = await rehearse('deploy-staging');
    expect(run.exitCode).toBe(0);
    expect(run.output).toMatch(/\| api \| built \|/);
    expect(lastLine(run)).toContain('✓ deploy-staging succeeded (deployed)');
  }, 120_000);

  test('whose migration fails touches no service', async () => {
    const run = await rehearse('deploy-staging', '--fault', 'api:migration-fails');
    expect(run.exitCode).toBe(1);
    expect(serving(run).every((line) => line.includes(':1 '))).toBe(true);
    expect(run.report).not.toContain('ecs:UpdateService');
    expect(messages(run).slack).toContain('staging: failed');
    expect(messages(run).slack).toContain('at Run migrations');
    expect(messages(run).discord).toContain('The migrations failed, and no service was touched');
    expect(run.leftovers).toEqual([]);
  }, 120_000);
});
