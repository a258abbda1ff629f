import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { applySelfReference } from '@hospital-ops/tooling/build/self-reference';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { releaseOutcome } from '../support/act/outcome.ts';
import { createActRunner } from '../support/act/run-act.ts';
import { describeWithProgram } from '../support/engines.ts';
import { ROOT } from '../support/rehearse.ts';

describeWithProgram('act', 'the pipelines on a runner that others wrote', () => {
  const temp = mkdtempSync(join(tmpdir(), 'act-suite-'));
  const suite = join(temp, 'tree');
  const reference = { repository: 'ORG/hospital-ops-actions', tag: 'v9.9.9' };

  beforeAll(async () => {
    cpSync(join(ROOT, 'dist'), suite, { recursive: true });
    await applySelfReference(suite, reference);
  });
  afterAll(() => rmSync(temp, { recursive: true, force: true }));

  const withAct = async (workflow: string) => {
    const log: string[] = [];
    const runner = createActRunner({ suite, ...reference, calledAs: 'v1', onLine: (line) => log.push(line) });
    const outcome = await releaseOutcome(workflow, suite, runner);
    return { ...outcome, failed: outcome.conclusion === 'success' ? [] : log.slice(-80) };
  };

  test('a production release leaves behind what the rehearsal’s runner leaves behind', async () => {
    const theirs = await withAct('deploy-production');
    const ours = await releaseOutcome('deploy-production', join(ROOT, 'dist'));
    expect(theirs).toEqual({ ...ours, failed: [] });
    expect(ours).toMatchObject({ conclusion: 'success', findings: [] });
    expect(ours.messages).toHaveLength(2);
    expect(ours.record).toContainEqual(
      expect.stringMatching(/^hospital\/hospital-ops#production success release .* 1\.1\.0$/),
    );
  });

  test('a push to staging is deployed, and nothing is claimed that is not so', async () => {
    const { conclusion, failed, findings, serving, messages, record } = await withAct('deploy-staging');
    expect({ conclusion, failed, findings }).toEqual({ conclusion: 'success', failed: [], findings: [] });
    const revisions = serving.map(({ taskDefinition, running }) => `${taskDefinition} ${running}`);
    expect(revisions).toEqual([
      'hospital-ops-staging-api:2 2',
      'hospital-ops-staging-web:2 2',
      'hospital-ops-staging-worker:1 1',
    ]);
    expect(record).toContainEqual(expect.stringMatching(/#staging success /));
    expect(messages.map(([title]) => title)).toEqual(Array(2).fill(expect.stringMatching(/→ staging: deployed$/)));
  });
});
