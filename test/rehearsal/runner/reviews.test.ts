import { createReviewers } from '@hospital-ops/rehearsal/command/reviewers';
import { describe, expect, test } from '@jest/globals';
import { job, run } from './sandbox.ts';

const WORKFLOW = `on: push
run-name: Release by \${{ github.actor }} of \${{ github.ref_name }}
jobs:
  build: { runs-on: ubuntu-latest, environment: preview, steps: [{ run: echo built }] }
  deploy:
    needs: build
    runs-on: ubuntu-latest
    environment: Production
    steps: [{ run: echo deployed }]
  told: { needs: deploy, if: always(), runs-on: ubuntu-latest, steps: [{ run: 'echo "told \${{ needs.deploy.result }}"' }] }
`;

describe('an environment with reviewers', () => {
  test('lets the job run once they approve; others are not asked', async () => {
    const { review, notes } = createReviewers({ approve: ['production', 'staging'], reject: [] });
    const result = await run(WORKFLOW, { review });
    expect(result.conclusion).toBe('success');
    expect(result.job('deploy').annotations).toEqual([
      { level: 'notice', message: 'The deployment to Production was approved by --approve.' },
    ]);
    expect(result.job('build').annotations).toEqual([]);
    expect(notes()).toEqual(['No job asked for the approval of the environment "staging".']);
  });

  test('fails the job when they reject: no step of it runs, and what needs it sees a failure', async () => {
    const { review } = createReviewers({ approve: [], reject: ['production'] });
    const result = await run(WORKFLOW, { review });
    expect(result.conclusion).toBe('failure');
    expect(result.job('deploy').steps).toEqual([]);
    expect(result.job('deploy').annotations[0]?.message).toBe('The deployment to Production was rejected by --reject.');
    expect(result.log('told')).toContain('told failure');
  });

  test('a run that is cancelled while it waits is cancelled', async () => {
    const controller = new AbortController();
    const result = await run(job('- run: echo', { head: 'environment: production' }), {
      signal: controller.signal,
      review: () => {
        controller.abort();
        return new Promise(() => {});
      },
    });
    expect(result.conclusion).toBe('cancelled');
    expect(result.job('one').steps).toEqual([]);
  });
});

test('run-name is what the run is called', async () => {
  const { events } = await run(WORKFLOW);
  expect(events[0]).toMatchObject({ type: 'run-started', title: 'Release by alice of main' });
});
