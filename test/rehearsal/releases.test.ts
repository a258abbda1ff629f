import { describe, expect, test } from '@jest/globals';
import { rehearse } from '../support/rehearse.ts';
import { digestsOf, lastLine, messages, OLD, serving, stagesToldBy } from '../support/rehearsed.ts';
import { testInCi } from '../support/thorough.ts';

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
    for (const service of ['api', 'web']) {
      const [staging, production] = digestsOf(run.report, service);
      expect(staging).toMatch(/^sha256:/);
      expect(production).toBe(staging);
    }
    for (const message of Object.values(messages(run))) {
      expect(message).toContain('1.1.0 → production: deployed');
      expect(message).toContain('Serving now: 1.1.0 (');
    }
    expect(run.report).toContain('deploy-production succeeded (deployed)');
    expect(run.leftovers).toEqual([]);
  });

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
  });

  testInCi('that is healthy and answers 500 fails its smoke test, goes back, and is asked again', async () => {
    const run = await rehearse('deploy-production', '--fault', 'web:5xx-after-deploy');
    expect(run.exitCode).toBe(1);
    expect(serving(run).map((line) => line.split(' ')[1])).toEqual(['1.0.0', '1.0.0', '1.0.0']);
    expect(lastLine(run)).toContain('(rolled-back)');
    const stages = [
      'migrating (1/3)',
      'deploying (2/3)',
      'smoke-testing (3/3)',
      'smoke test failed, going back',
      'rolled back',
    ];
    expect(stagesToldBy(run, 'Discord')).toEqual(stages);
    // The record, its summary and both chats mean the same time.
    const [, took = ''] = /failure \(rolled-back\)\. Began \S+, took (\w+)\./.exec(run.output) ?? [];
    expect(took).not.toBe('');
    expect(run.output).toContain('api rolled-back');
    for (const message of Object.values(messages(run))) {
      expect(message).toContain(`Duration: ${took}\n`);
      expect(message).toContain('api: rolled back');
      expect(message).toContain('rolled back');
      expect(message).toContain('The database stays migrated.');
    }
    expect(run.report).toMatch(/api \/version: passed[\s\S]*web \/version: passed/);
  });
});
