import type { Task } from './state.ts';

interface Counts {
  readonly running: number;
  readonly pending: number;
}

/** Returns how many tasks run and how many are on their way to it. */
export const countsOf = (tasks: readonly Task[]): Counts => ({
  running: tasks.filter(({ status, desiredStatus }) => status === 'RUNNING' && desiredStatus === 'RUNNING').length,
  pending: tasks.filter(
    ({ status, desiredStatus }) => desiredStatus === 'RUNNING' && (status === 'PROVISIONING' || status === 'PENDING'),
  ).length,
});
