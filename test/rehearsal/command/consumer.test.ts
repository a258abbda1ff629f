import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cloneConsumer } from '@hospital-ops/rehearsal/command/consumer';
import { git } from '@hospital-ops/rehearsal/command/git';
import { afterAll, expect, test } from '@jest/globals';
import { wardIn } from '../../support/ward.ts';

const temp = mkdtempSync(join(tmpdir(), 'consumer-'));

afterAll(() => rmSync(temp, { recursive: true, force: true }));

test('the branches of a repository come along, those seen at GitHub too, and the one that is checked out stays so', async () => {
  const upstream = wardIn(temp, {}, {});
  await git(upstream, 'branch', 'seen-at-github', 'v1.0.0');
  const folder = join(temp, 'developer');
  await git(temp, 'clone', '--quiet', `file://${upstream}`, folder);
  await git(folder, 'checkout', '--quiet', '-b', 'hotfix/bell', 'v1.0.0');
  await git(folder, 'commit', '--quiet', '--allow-empty', '--message', 'Fix');
  await git(folder, 'checkout', '--quiet', 'main');
  const { path, defaultBranch } = await cloneConsumer(folder, mkdtempSync(join(temp, 'rehearsal-')));
  const of = (where: string, ref: string) => git(where, 'rev-parse', ref);
  expect(await of(path, 'refs/heads/hotfix/bell')).toBe(await of(folder, 'hotfix/bell'));
  expect(await of(path, 'refs/heads/seen-at-github')).toBe(await of(upstream, 'v1.0.0'));
  expect(await git(path, 'for-each-ref', '--format=%(refname)', 'refs/heads')).not.toMatch(/heads\/HEAD$/m);
  expect(await git(path, 'status', '--porcelain', '--branch')).toMatch(/^## main/);
  expect(defaultBranch).toBe('main');
});
