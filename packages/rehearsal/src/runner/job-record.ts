import type { JobInstance } from './job-instance.ts';
import type { JobEnd } from './job-run.ts';
import { emit } from './run-context.ts';
import type { Conclusion } from './run-events.ts';

/** Keeps how a job ended, and tells the listener. */
export const record = (instance: JobInstance, startedAt: number, end: JobEnd): void => {
  const { frame, ref, job } = instance;
  const { run, caller } = frame;
  const prefix = caller === undefined ? '' : `${caller.id} / `;
  const { conclusion, outputs, environment, steps } = end;
  run.results.push({
    ...ref,
    conclusion,
    needs: job.definition.needs.map((need) => `${prefix}${need}`),
    startedAt,
    endedAt: run.now(),
    outputs,
    ...(environment === undefined ? {} : { environment }),
    annotations: [...instance.annotations, ...end.annotations],
    steps,
  });
  emit(run, {
    type: 'job-finished',
    job: ref,
    conclusion,
    outputs,
    ...(environment === undefined ? {} : { environment }),
  });
};

/** Returns the end of a job that ran no step. */
export const without = (conclusion: Conclusion): JobEnd => ({ conclusion, outputs: {}, annotations: [], steps: [] });
