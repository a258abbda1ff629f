import { OpsError } from '@hospital-ops/action-kit/errors';

/** Where something stands in the file: keys and list indexes from the root. */
export type Path = ReadonlyArray<string | number>;

/** A mistake before its line is known. `onKey` points at the key itself, not at its value. */
export interface Finding {
  readonly path: Path;
  readonly message: string;
  readonly onKey?: boolean;
}

/** A mistake in the pipeline file; `line` counts from 1. */
export interface Problem {
  readonly line: number;
  readonly message: string;
}

/** Returns a path as people write it: `services.api.smoke[0].url`, and `the file` for the root. */
export const formatPath = (path: Path): string =>
  path.length === 0
    ? 'the file'
    : path.map((step, index) => (typeof step === 'number' ? `[${step}]` : index === 0 ? step : `.${step}`)).join('');

/** The pipeline file is wrong: every mistake that was found, each with its line. */
export class PipelineFileError extends OpsError {
  readonly file: string;
  readonly problems: readonly Problem[];

  constructor(file: string, problems: readonly Problem[]) {
    super({
      what: `the pipeline file ${file} has ${problems.length === 1 ? 'a mistake' : `${problems.length} mistakes`}.`,
      why: problems.map(({ line, message }) => `\n  - line ${line}: ${message}`).join(''),
      next: 'correct the file; schemas/hospital-ops.schema.json describes every key, and editors can check it.',
      docs: 'actions/release-plan/README.md#pipeline-file',
    });
    this.file = file;
    this.problems = problems;
  }
}
