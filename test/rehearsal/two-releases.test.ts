import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseRehearseArguments } from '@hospital-ops/rehearsal/command/arguments';
import { rehearse } from '@hospital-ops/rehearsal/command/rehearse';
import type { RunEvent } from '@hospital-ops/rehearsal/runner/run-events';
import type { RunOptions } from '@hospital-ops/rehearsal/runner/run-workflow';
import { runWorkflow } from '@hospital-ops/rehearsal/runner/run-workflow';
import { afterAll, expect, test } from '@jest/globals';
import { ROOT } from '../support/rehearse.ts';
import { pipeline, SERVER, WORKFLOW, wardIn } from '../support/ward.ts';

const temp = mkdtempSync(join(tmpdir(), 'two-releases-'));
afterAll(() => rmSync(temp, { recursive: true, force: true }));

/** Until this file is there, the smoke test of v1.1.0 is not answered, and whoever releases it holds the environment. */
const OPENED = join(temp, 'opened');
const HELD = SERVER.replace(
  '(request, response) =>',
  `(request, response) => request.url === '/smoke' && !require('node:fs').existsSync(${JSON.stringify(OPENED)}) ? response.writeHead(503).end() :`,
);
const SECRETS = '    secrets: { slack-bot-token: "${{ secrets.SLACK_BOT_TOKEN }}" }\n';
const workflow = (input: string) =>
  WORKFLOW.replace('environment: production', `environment: production, slack-channel: releases, ${input}`) + SECRETS;
const BEFORE = {
  '.github/hospital-ops.yml': `record-table: ward-deployments\n${pipeline('desk').replace('{url}/', '{url}/smoke')}`,
  '.github/workflows/deploy-production.yml': workflow('smoke-deadline: 10m'),
  '.github/workflows/deploy-waiting.yml': workflow('lock-wait: 10m'),
};

/** A clone of `repository` in which v1.2.0, which answers at once, is checked out. */
const cloneOfNext = (repository: string): { path: string; sha: string } => {
  const path = join(temp, 'next');
  const git = (...args: string[]) => execFileSync('git', args, { cwd: path, encoding: 'utf8' }).trim();
  execFileSync('git', ['clone', '--quiet', repository, path]);
  writeFileSync(join(path, 'desk', 'server.js'), `${SERVER}// the next one\n`);
  git('-c', 'user.name=t', '-c', 'user.email=t@e', 'commit', '--quiet', '--all', '--message', 'v1.2.0');
  git('tag', 'v1.2.0');
  // What the world of the rehearsal knows of commits is that repository.
  execFileSync('git', ['fetch', '--quiet', path, 'main:next'], { cwd: repository });
  return { path, sha: git('rev-parse', 'HEAD') };
};

/** Lines of the record's step, and what a run waits to see in them. */
const watch = () => {
  const lines: string[] = [];
  const waiting = new Map<string, () => void>();
  const listener = (event: RunEvent) => {
    const line = event.type === 'log' ? event.text : event.type === 'step-finished' ? `done: ${event.step.name}` : '';
    lines.push(line);
    for (const [part, found] of waiting) if (line.includes(part)) found();
  };
  const seen = (part: string) => new Promise<void>((found) => waiting.set(part, found));
  return { lines, listener, seen };
};

test('of releases at once one holds the environment, one is refused by its name, one waits its turn, and one is too late', async () => {
  const repository = wardIn(temp, BEFORE, { 'desk/server.js': HELD });
  const [holder, refused, waiter, late] = [watch(), watch(), watch(), watch()];
  const conclusions: string[] = [];
  const runner = async (options: RunOptions) => {
    const { listener: told } = options;
    const next = cloneOfNext(options.repository.path);
    const run = async (by: typeof holder, more: Partial<RunOptions>) => {
      const listener = (event: RunEvent) => {
        by.listener(event);
        if (by === holder) told?.(event);
      };
      const result = await runWorkflow({ ...options, ...more, listener });
      conclusions.push(`${more.actor} ${result.conclusion}`);
      return result;
    };
    const isHeld = holder.seen('done: Take the environment and open the record');
    const isWaiting = waiter.seen('Waiting for 1.1.0');
    const isPlanned = late.seen('done: Plan');
    // What comes before the release is done by all at once; the environment is asked for when the holder has it.
    const first = run(holder, { actor: 'asha', runId: 1_000_001 });
    const review = async () => {
      await Promise.race([isHeld, first]);
      return { approved: true, by: 'the test' };
    };
    const others = [
      run(refused, { actor: 'ben', runId: 1_000_002, review }),
      run(waiter, {
        actor: 'chitra',
        runId: 1_000_003,
        review,
        workflow: '.github/workflows/deploy-waiting.yml',
        repository: { ...options.repository, path: next.path },
        ref: 'refs/tags/v1.2.0',
        sha: next.sha,
      }),
    ];
    // Planned like the others, and approved when a newer one is out.
    const approved = Promise.all(others).then(() => ({ approved: true, by: 'the test' }));
    const overtaken = run(late, { actor: 'deepa', runId: 1_000_004, review: () => approved });
    await Promise.all([others[0], Promise.race([isWaiting, others[1]]), Promise.race([isPlanned, overtaken])]);
    writeFileSync(OPENED, '');
    await Promise.all(others);
    await overtaken;
    return first;
  };
  const { rehearsal } = await rehearse({
    args: parseRehearseArguments(['deploy-production', '--repo', repository, '--tag', 'v1.1.0', '--report', temp]),
    root: ROOT,
    suite: join(ROOT, 'dist'),
    display: { say: () => {}, onEvent: () => {}, close: () => {} },
    signal: new AbortController().signal,
    databaseUrl: undefined,
    runner,
  });
  expect(conclusions).toEqual(['ben failure', 'asha success', 'chitra success', 'deepa failure']);
  expect(refused.lines.join('\n')).toMatch(/1\.1\.0 by asha.*\/actions\/runs\/1000001/);
  expect(late.lines.join('\n')).toMatch(/1\.1\.0 \(.{7}\) is older than what "production" runs, 1\.2\.0 \(.{7}\)/);
  expect(rehearsal.records.map(({ version, ending, previous }) => `${version} ${ending} over ${previous}`)).toEqual([
    '1.2.0 success (deployed) over 1.1.0',
    '1.1.0 success (deployed) over 1.0.0',
  ]);
  expect(rehearsal.records.map(({ json }) => (json as { actor: string }).actor)).toEqual(['chitra', 'asha']);
  expect(rehearsal.deployments.map(({ version, state }) => `${version} ${state}`)).toEqual([
    '1.1.0 completed',
    '1.2.0 completed',
  ]);
  // One message for each of them: a bot's token keeps it up to date, and what was refused says who holds the environment.
  const [deployed, failed, next, ...after] = rehearsal.messages.map(({ lines }) => lines.join('\n'));
  expect(deployed).toMatch(/^✅ ward 1\.1\.0 → production: deployed/);
  expect(failed).toMatch(/^❌ ward 1\.1\.0 → production: failed[\s\S]*Nothing was deployed: .*1\.1\.0 by asha/);
  expect(next).toMatch(/^✅ ward 1\.2\.0 → production: deployed/);
  expect(after).toEqual([
    expect.stringMatching(/^❌ ward 1\.1\.0 → production: failed[\s\S]*Nothing was deployed: 1\.1\.0 .* is older/),
  ]);
  const stages = holder.lines.flatMap((line) => /Slack took the message: .*: (.+)/.exec(line)?.[1] ?? []);
  expect(stages).toEqual(['deploying (1/2)', 'smoke-testing (2/2)', 'deployed']);
});
