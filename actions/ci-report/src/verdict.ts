/** A job that was needed, as the `needs` context tells it. */
export interface Need {
  readonly job: string;
  /** `success`, `failure`, `cancelled`, `skipped`. */
  readonly result: string;
  readonly outputs: ReadonlyArray<readonly [name: string, value: string]>;
}

export interface Verdict {
  readonly result: 'success' | 'failure';
  /** Names of the jobs that did not succeed. */
  readonly failed: readonly string[];
  /** No job had anything to do, so that a success would say nothing. */
  readonly empty: boolean;
}

/** Returns whether everything that was to be checked was, and is good. A word that is not known is no success. */
export const decideVerdict = (needs: readonly Need[]): Verdict => {
  const failed = needs.filter(({ result }) => result !== 'success' && result !== 'skipped').map(({ job }) => job);
  const empty = needs.every(({ result }) => result === 'skipped');
  return { result: failed.length > 0 || empty ? 'failure' : 'success', failed, empty };
};

const OUTCOMES = new Set(['success', 'failure', 'cancelled', 'skipped']);

/** Returns the outputs of a job that tell how its steps ended, without those that had nothing to do. */
export const partsOf = ({ outputs }: Need): ReadonlyArray<readonly [name: string, outcome: string]> =>
  outputs.filter(([, value]) => OUTCOMES.has(value) && value !== 'skipped');
