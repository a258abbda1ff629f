import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { rehearse } from '../support/rehearse.ts';
import { lastLine, serving } from '../support/rehearsed.ts';
import { pipeline, wardIn } from '../support/ward.ts';

const temp = mkdtempSync(join(tmpdir(), 'bake-time-'));

afterAll(() => rmSync(temp, { recursive: true, force: true }));

/** Answers checks well until it was asked some times, as what leaks does; the load balancer finds it healthy. */
const TIRING = `let asked = 0;
require('node:http')
  .createServer((request, response) => {
    if (/smoke-test/.test(request.headers['user-agent']) && ++asked > 3) response.statusCode = 500;
    response.end('{"version":"' + process.env.APP_VERSION + '"}');
  })
  .listen(process.env.PORT);
`;

test('a service without a strategy that fails while its environment bakes goes back, and its record says so', async () => {
  const file = pipeline('desk').replace(/$/, '    bake-time: 90s\n    record-table: deployments\n');
  const folder = wardIn(temp, { '.github/hospital-ops.yml': file }, { 'desk/server.js': TIRING });
  const run = await rehearse('--repo', folder);
  expect(run.exitCode).toBe(1);
  expect(lastLine(run)).toContain('✗ deploy-production failed (rolled-back)');
  expect(serving(run)).toEqual(['ward-production-desk 1.0.0 ward-production-desk:1 2/2 tasks']);
  expect(run.report).toContain('All checks passed; they are asked on for 1m30s.');
  expect(run.report).toMatch(/desk \/: \w+ after it had passed, status: expected 200-299, got 500/);
  expect(run.output).toContain('failure (rolled-back)  desk rolled-back');
  expect(run.leftovers).toEqual([]);
});
