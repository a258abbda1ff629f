import type { ContainerFault } from '../engine/faults.ts';
import { strikes } from '../engine/faults.ts';
import type { TaskSpec } from '../engine/task-engine.ts';
import { failedAsTold } from '../runner/named-step.ts';
import type { WorkflowResult } from '../runner/run-events.ts';
import type { GuardFaultName } from './faults.ts';
import { remarkRecords } from './records.ts';

/** Knows what ran before the release, which no fault may touch, and which tasks of the release there were to strike. */
export class FaultWatch {
  #baseline: ReadonlySet<string> | undefined;
  readonly #released: TaskSpec[] = [];

  /** From now on tasks of other images than these are the release's. */
  arm(baselineImages: readonly string[]): void {
    this.#baseline = new Set(baselineImages);
  }

  isBaseline(task: TaskSpec): boolean {
    const baseline = this.#baseline;
    if (baseline === undefined || task.containers.every(({ image }) => baseline.has(image))) return true;
    this.#released.push(task);
    return false;
  }

  /** Whether the release started a task that the fault strikes. */
  struck(fault: ContainerFault): boolean {
    return this.#released.some((task) => strikes(fault, task));
  }
}

/** Returns the steps that were to fail and were never come to. */
export const unplayedSteps = (steps: readonly string[], result: WorkflowResult): readonly string[] => {
  const said = new Set(remarkRecords(result).map(({ message }) => message));
  return steps.filter((step) => !said.has(failedAsTold(step))).map((step) => `${step}:fails`);
};

/** Returns what was to hold a release back and was never asked: a run that ended before it came to a freeze window. */
export const unplayedGuards = (
  guards: readonly GuardFaultName[],
  result: WorkflowResult,
): readonly GuardFaultName[] => {
  const isFrozen = remarkRecords(result).some(({ message }) => message.includes('freeze window'));
  return guards.filter((fault) => fault === 'freeze' && !isFrozen);
};
