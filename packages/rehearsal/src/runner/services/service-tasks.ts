import type { JobState } from '../job-state.ts';
import type { StepTask } from '../perform-step.ts';
import type { Entry } from '../template.ts';
import type { Place } from '../workflow-error.ts';
import type { RunningService } from './service-engine.ts';
import { serviceSpec } from './service-spec.ts';

const task = (name: string, place: Place, execute: StepTask['execute']): StepTask => ({
  name: () => name,
  condition: { expression: 'always()', place },
  main: false,
  github: {},
  state: new Map(),
  execute,
});

/** Returns the steps that GitHub puts around a job with service containers. */
export const serviceTasks = (
  services: readonly Entry[],
  place: Place,
  job: JobState,
): { readonly start: StepTask; readonly stop: StepTask } => {
  const running: RunningService[] = [];
  const start = task('Initialize containers', place, async ({ scope, signal, log }) => {
    const specs = services.flatMap((entry) => serviceSpec(entry, scope) ?? []);
    const tools = { temp: job.temp, signal, log: (line: string) => log.write(line) };
    for (const spec of specs) {
      const service = await job.run.plan.services.start(spec, tools);
      running.push(service);
      const { id, network, ports } = service;
      job.services.set(spec.id, { id, network, ports });
    }
    return !signal.aborted;
  });
  const stop = task('Stop containers', place, async () => {
    const ended = await Promise.allSettled(running.map((service) => service.stop()));
    const failed = ended.find((one) => one.status === 'rejected');
    if (failed?.status === 'rejected') throw failed.reason;
    return true;
  });
  return { start, stop };
};
