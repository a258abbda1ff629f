import type { RunConclusion, RunJob, RunStep } from '../github/world.ts';
import type { Conclusion, RunEvent } from '../runner/run-events.ts';

interface Entry {
  readonly id: number;
  readonly name: string;
  status: 'queued' | 'in_progress' | 'completed';
  conclusion: RunConclusion | null;
  readonly steps: Map<number, RunStep>;
}

const conclusionOf = (conclusion: Conclusion): RunConclusion => conclusion;

/** The jobs of the run as GitHub's API would list them at this moment, kept from the run's events. */
export class JobBook {
  readonly #jobs = new Map<string, Entry>();

  onEvent(event: RunEvent): void {
    if (event.type === 'job-started') {
      const id = 2_000_001 + this.#jobs.size;
      const { name } = event.job;
      this.#jobs.set(event.job.id, { id, name, status: 'in_progress', conclusion: null, steps: new Map() });
    }
    const job = 'job' in event ? this.#jobs.get(event.job.id) : undefined;
    if (job === undefined) return;
    if (event.type === 'step-started') {
      const { number, name } = event.step;
      job.steps.set(number, { number, name, status: 'in_progress', conclusion: null });
    } else if (event.type === 'step-finished') {
      const { number, name } = event.step;
      job.steps.set(number, { number, name, status: 'completed', conclusion: conclusionOf(event.conclusion) });
    } else if (event.type === 'job-finished') {
      job.status = 'completed';
      job.conclusion = conclusionOf(event.conclusion);
    }
  }

  jobs(): readonly RunJob[] {
    return [...this.#jobs.values()].map(({ steps, ...job }) => ({ ...job, steps: [...steps.values()] }));
  }
}
