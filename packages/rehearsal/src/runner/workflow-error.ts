/** Where something stands in a file of a repository. `file` is relative to the repository's root. */
export interface Place {
  readonly file: string;
  readonly line: number;
}

/** The workflow cannot run: it does not parse, does not fit, or uses what the rehearsal does not support. */
export class WorkflowError extends Error {
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  /** The sentence without the place. */
  readonly sentence: string;

  constructor(place: Place, sentence: string) {
    super(`${place.file}:${place.line}: ${sentence}`);
    this.name = 'WorkflowError';
    this.file = place.file;
    this.line = place.line;
    this.sentence = sentence;
  }
}

/** The error for a feature of GitHub Actions that the rehearsal refuses by name, never guesses. */
export const unsupported = (place: Place, feature: string, instead?: string): WorkflowError =>
  new WorkflowError(
    place,
    `${feature} is not supported by the rehearsal${instead === undefined ? '.' : `; ${instead}.`}`,
  );
