import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Consumer } from '@hospital-ops/rehearsal/command/consumer';
import { makeSample } from '@hospital-ops/rehearsal/command/consumer';
import { defaultEvent, manualEvent, payloadEvent } from '@hospital-ops/rehearsal/command/event';
import { git } from '@hospital-ops/rehearsal/command/git';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ROOT } from '../../support/rehearse.ts';

const temp = mkdtempSync(join(tmpdir(), 'events-'));
let sample: Consumer;

beforeAll(async () => {
  sample = await makeSample(join(ROOT, 'test/fixtures'), temp);
});
afterAll(() => rmSync(temp, { recursive: true, force: true }));

describe('the event that starts a workflow', () => {
  test('of pull requests is one with the newest commit, at the merge that GitHub would test', async () => {
    const event = await defaultEvent(sample, { on: { pull_request: null, push: { branches: ['main'] } } });
    const [head, base] = [await git(sample.path, 'rev-parse', 'main'), await git(sample.path, 'rev-parse', 'main^')];
    expect(event).toMatchObject({
      name: 'pull_request',
      ref: 'refs/pull/1/merge',
      pullRequest: { number: 1, base, head },
    });
    expect(await git(sample.path, 'rev-parse', 'refs/pull/1/merge', `${event.sha}^1`, `${event.sha}^2`)).toBe(
      `${event.sha}\n${base}\n${head}`,
    );
    expect(event.changedFiles).toContain('migrations/0003_ward_floor.sql');
    expect(event.payload).toMatchObject({ action: 'opened', pull_request: { base: { ref: 'main', sha: base } } });
  });

  test('keeps what a payload says of its pull request', async () => {
    const event = await payloadEvent(sample, {
      action: 'synchronize',
      pull_request: { number: 7, title: 'Beds', head: { ref: 'v1.1.0' }, base: { ref: 'v1.0.0' } },
    });
    expect(event).toMatchObject({
      ref: 'refs/pull/7/merge',
      payload: { action: 'synchronize', number: 7, pull_request: { title: 'Beds' } },
      pullRequest: { number: 7, title: 'Beds' },
    });
  });

  test('by hand carries its inputs', async () => {
    const event = await manualEvent(sample, { ref: 'main', reason: 'a = b' });
    expect(event).toMatchObject({
      name: 'workflow_dispatch',
      ref: 'refs/heads/main',
      payload: { inputs: { reason: 'a = b' } },
    });
    expect(event.phrase).toBe('manual run on main with ref: main, reason: a = b');
  });

  test('needs a base: a first commit has none', async () => {
    await git(sample.path, 'checkout', '--quiet', 'v1.0.0');
    await expect(defaultEvent(sample, { on: 'pull_request' })).rejects.toThrow('the base of the pull request');
    await git(sample.path, 'checkout', '--quiet', 'main');
  });
});
