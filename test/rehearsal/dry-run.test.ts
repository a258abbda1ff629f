import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { rehearse } from '../support/rehearse.ts';
import { lastLine, messages, serving } from '../support/rehearsed.ts';
import { testInCi } from '../support/thorough.ts';
import type { Files } from '../support/ward.ts';
import { CHANGED, pipeline, wardIn } from '../support/ward.ts';

const temp = mkdtempSync(join(tmpdir(), 'dry-run-'));

afterAll(() => rmSync(temp, { recursive: true, force: true }));

const MIGRATIONS =
  '    migrations: { task-definition: "ward-{environment}-migrate", command: [node, /app/migrate.js], timeout: 20s }\n';

/** Staging builds, and production promotes what it proved. */
const PIPELINE = `${pipeline('desk').replace('    path: desk\n', `    path: desk\n${MIGRATIONS}`)}    promote-from: staging
  staging: { region: ap-south-1, url: { desk: "https://staging.example.org" } }
`;

const call = (name: string, uses: string, more: string): string => `  ${name}:
    uses: ORG/hospital-ops-actions/.github/workflows/${uses}.yml@v1
    with: { dry-run: true, aws-role: "\${{ vars.ROLE }}", ${more} }
    secrets: { slack-webhook-url: "\${{ secrets.SLACK_WEBHOOK_URL }}", discord-webhook-url: "\${{ secrets.DISCORD_WEBHOOK_URL }}" }
`;

const workflow = (...calls: readonly string[]): Files => ({
  '.github/hospital-ops.yml': PIPELINE,
  '.github/workflows/deploy-production.yml': `on: { push: { tags: ["v*"] } }
permissions: { actions: read, contents: write, deployments: write, id-token: write, pull-requests: write }
jobs:
${calls.join('')}`,
  'desk/migrate.js': 'console.log("nothing to migrate");\n',
});

/** What the rehearsal itself saw of every call would stand behind "does not hold". */
const expectNothing = (run: Awaited<ReturnType<typeof rehearse>>) => {
  expect(lastLine(run)).toMatch(/^✓ deploy-production succeeded/);
  expect(messages(run)).toEqual({ slack: '', discord: '' });
  expect(run.report).not.toMatch(/ecs:(?:Register|Update|RunTask)|ecr:Put|dynamodb:(?:Put|Update|Delete)/);
  expect(run.output).not.toContain('Deployment record\n');
  expect(run.leftovers).toEqual([]);
};

const dryRun = (...calls: readonly string[]) => rehearse('--repo', wardIn(temp, workflow(...calls), CHANGED));

testInCi('a dry run of staging builds, deploys and tells nothing, and says what it would build', async () => {
  const run = await dryRun(call('staging', 'deploy-staging', 'environment: staging'));
  expectNothing(run);
  expect(serving(run)).toEqual(['ward-staging-desk 1.0.0 ward-staging-desk:1 2/2 tasks']);
  expect(run.output).toMatch(/\| desk \| would build \|/);
});

test('dry runs of production and of a hotfix change and tell nothing, and say what they would deploy', async () => {
  const run = await dryRun(
    call('production', 'deploy-production', 'environment: production'),
    call('hotfix', 'hotfix', 'environment: production, ref: v1.1.0, reason: "doors", check: "true"'),
  );
  expectNothing(run);
  expect(serving(run)).toEqual(['ward-production-desk 1.0.0 ward-production-desk:1 2/2 tasks']);
  // The digest that is promoted is known, so the new task definition and the migrations are told as well.
  expect(run.output).toMatch(/APP_VERSION: "1\.0\.0" → "1\.1\.0"/);
  expect(run.output).toMatch(/Migrations \(dry run: nothing was started\)/);
});

testInCi('a dry run of a roll-back changes and tells nothing, and says what it would go back to', async () => {
  const run = await dryRun(call('back', 'rollback', 'environment: production'));
  expectNothing(run);
  expect(serving(run)).toEqual([
    expect.stringMatching(/^ward-production-desk \w{7} ward-production-desk:1 2\/2 tasks/),
  ]);
  expect(run.output).toContain('production goes back to 1.0.0');
  expect(run.output).toMatch(/APP_VERSION: "\w{7}" → "1\.0\.0"/);
});
