import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { rehearse } from '../support/rehearse.ts';
import { lastLine, messages, serving } from '../support/rehearsed.ts';
import { DOCKERFILE, pipeline, SERVER, WORKFLOW, wardIn } from '../support/ward.ts';

const temp = mkdtempSync(join(tmpdir(), 'way-back-'));
afterAll(() => rmSync(temp, { recursive: true, force: true }));

/** Written by the desk of v1.1.0: from then on v1.0.0 of it does not start again, as after a migration that it cannot read. */
const MOVED_ON = join(temp, 'moved-on');
const OLD_DESK = `if (require('node:fs').existsSync(${JSON.stringify(MOVED_ON)})) {
  console.error('Error: column "floor" is gone');
  process.exit(1);
}
${SERVER}`;
const NEW_DESK = `require('node:fs').writeFileSync(${JSON.stringify(MOVED_ON)}, '');
${SERVER.replace('(request, response) =>', "(request, response) => request.url === '/smoke' ? response.writeHead(500).end() :")}`;
const SECRETS =
  '    secrets: { slack-webhook-url: "${{ secrets.SLACK_WEBHOOK_URL }}", discord-webhook-url: "${{ secrets.DISCORD_WEBHOOK_URL }}" }\n';

const ward = (deadline: string) =>
  wardIn(
    temp,
    {
      '.github/hospital-ops.yml': pipeline('desk', 'lamp').replaceAll(
        '"{url}/" }',
        '"{url}/" }, { url: "{url}/smoke" }',
      ),
      '.github/workflows/deploy-production.yml':
        WORKFLOW.replace('environment: production', `environment: production, smoke-deadline: ${deadline}`) + SECRETS,
      'desk/server.js': OLD_DESK,
      'lamp/Dockerfile': DOCKERFILE.replace('COPY desk', 'COPY lamp'),
      'lamp/server.js': SERVER,
    },
    { 'desk/server.js': NEW_DESK, 'lamp/server.js': `${SERVER}// changed\n` },
  );

test('a service that cannot go back does not put the others forward again onto the version that failed', async () => {
  const run = await rehearse('--repo', ward('3s'));
  expect(run.exitCode).toBe(1);
  expect(lastLine(run)).toContain('✗ deploy-production failed (rollback-failed)');
  expect(serving(run)).toEqual([
    expect.stringMatching(/^ward-production-desk 1\.1\.0 ward-production-desk:2 /),
    'ward-production-lamp 1.0.0 ward-production-lamp:1 2/2 tasks',
  ]);
  expect(run.report).toContain('column &quot;floor&quot; is gone');
  expect(run.report).toContain('lamp stayed deployed, the others serve their old revisions.');
  for (const message of Object.values(messages(run))) {
    expect(message).toContain('production: could not be rolled back');
    expect(message).toMatch(
      /desk: could not be rolled back after[\s\S]*Serving now: 1\.1\.0 \(ward-production-desk:2\)/,
    );
    expect(message).toMatch(/lamp: rolled back after[\s\S]*Serving now: 1\.0\.0 \(ward-production-lamp:1\)/);
  }
  expect(run.leftovers).toEqual([]);
});

test('a release that is cancelled in its smoke test says that what serves is not proved', async () => {
  rmSync(MOVED_ON, { force: true });
  const run = await rehearse('--repo', ward('5m'), '--cancel-at', 'Smoke test');
  expect(run.exitCode).toBe(1);
  expect(serving(run).map((line) => line.split(' ')[1])).toEqual(['1.1.0', '1.1.0']);
  expect(lastLine(run)).toContain('deploy-production was cancelled');
  expect(run.output).toContain('What serves is not proved');
  for (const message of Object.values(messages(run))) {
    expect(message).toContain('production: cancelled');
    expect(message).toContain('ended before the smoke test had passed: what was deployed serves, and is not proved');
  }
  expect(run.leftovers).toEqual([]);
});
