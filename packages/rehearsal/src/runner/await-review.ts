import type { JobSummary } from './frame.ts';
import type { JobInstance } from './job-instance.ts';
import { annotateJob } from './job-instance.ts';
import { record, without } from './job-record.ts';

/** Waits for the reviewers of the job's environment. Returns how the job ended if it may not run. */
export const awaitReview = async (instance: JobInstance, environment: string): Promise<JobSummary | undefined> => {
  const { frame, ref, canceller } = instance;
  const { run } = frame;
  if (run.review === undefined) return undefined;
  const startedAt = run.now();
  const { signal } = canceller;
  const cancelled = new Promise<'cancelled'>((resolve) => {
    if (signal.aborted) resolve('cancelled');
    signal.addEventListener('abort', () => resolve('cancelled'), { once: true });
  });
  const answer = await Promise.race([run.review(environment, ref), cancelled]);
  if (answer === undefined) return undefined;
  if (answer === 'cancelled') {
    record(instance, startedAt, without('cancelled'));
    return { result: 'cancelled', outputs: {} };
  }
  if (!answer.approved) {
    annotateJob(instance, `The deployment to ${environment} was rejected by ${answer.by}.`);
    record(instance, startedAt, without('failure'));
    return { result: 'failure', outputs: {} };
  }
  annotateJob(instance, `The deployment to ${environment} was approved by ${answer.by}.`, 'notice');
  return undefined;
};
