/** A task as the rolling update sees it. */
export interface RolloutTask {
  readonly id: string;
  /** Of the deployment that is PRIMARY. */
  readonly primary: boolean;
  /** Counts as running for minimumHealthyPercent: RUNNING, and healthy where it has target groups. */
  readonly healthy: boolean;
}

export interface RolloutView {
  readonly desired: number;
  readonly minimumHealthyPercent: number;
  readonly maximumPercent: number;
  /** All tasks that are not on their way out. */
  readonly tasks: readonly RolloutTask[];
  /** False while the PRIMARY deployment may launch nothing: it failed, or waits after a failure. */
  readonly mayStart: boolean;
}

export interface RolloutPlan {
  readonly start: number;
  readonly stop: readonly string[];
}

/**
 * Returns how many tasks of the PRIMARY deployment to start and which tasks to stop. The sum stays at or below
 * desired × maximumPercent (rounded down), healthy tasks at or above desired × minimumHealthyPercent (rounded up).
 * Source: "Deploy Amazon ECS services by replacing tasks".
 */
export const planRollout = (view: RolloutView): RolloutPlan => {
  const { desired, tasks } = view;
  const floor = Math.ceil((desired * view.minimumHealthyPercent) / 100);
  const ceiling = Math.floor((desired * view.maximumPercent) / 100);
  const primary = tasks.filter((task) => task.primary);
  const old = tasks.filter((task) => !task.primary);
  const lacking = Math.max(0, desired - primary.length);
  const start = view.mayStart ? Math.max(0, Math.min(lacking, ceiling - tasks.length)) : 0;
  // Tasks that serve nobody go first, they cost no health.
  const surplus = [...old.filter((task) => !task.healthy), ...primaryAbove(primary, desired)];
  const staying = tasks.filter((task) => !surplus.includes(task));
  const healthyOld = old.filter((task) => task.healthy);
  const spare = Math.max(0, staying.filter((task) => task.healthy).length - floor);
  const replaced = Math.max(
    0,
    healthyOld.length - Math.max(0, desired - primary.filter((task) => task.healthy).length),
  );
  // Where maximumPercent leaves no room to start first, minimumHealthyPercent may allow to stop first.
  const room = view.mayStart ? Math.max(0, lacking - Math.max(0, ceiling - staying.length)) : 0;
  const goes = healthyOld.slice(0, Math.min(spare, Math.max(replaced, room)));
  return { start, stop: [...surplus, ...goes].map(({ id }) => id) };
};

const primaryAbove = (primary: readonly RolloutTask[], desired: number): RolloutTask[] =>
  [...primary].sort((a, b) => Number(a.healthy) - Number(b.healthy)).slice(0, Math.max(0, primary.length - desired));
