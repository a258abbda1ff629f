import type { Review } from '../runner/run-context.ts';
import type { RehearseArguments } from './arguments.ts';

export interface Reviewers {
  readonly review: Review;
  /** Sentences about environments that no job asked for. */
  notes(): readonly string[];
}

/** Returns reviewers who answer at once, for the environments that the command names. */
export const createReviewers = ({ approve, reject }: Pick<RehearseArguments, 'approve' | 'reject'>): Reviewers => {
  const asked = new Set<string>();
  // Names of environments are compared without regard to case.
  const among = (names: readonly string[], environment: string) =>
    names.some((name) => name.toLowerCase() === environment.toLowerCase());
  return {
    review: async (environment) => {
      const approved = among(approve, environment);
      if (!approved && !among(reject, environment)) return undefined;
      asked.add(environment.toLowerCase());
      return { approved, by: approved ? '--approve' : '--reject' };
    },
    notes: () =>
      [...approve, ...reject]
        .filter((name) => !asked.has(name.toLowerCase()))
        .map((name) => `No job asked for the approval of the environment "${name}".`),
  };
};
