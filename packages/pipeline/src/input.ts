import type { InputReader, ReadWorkspaceFile } from '@hospital-ops/action-kit/inputs';
import { nearest } from '@hospital-ops/action-kit/inputs';
import { loadPipeline } from './load.ts';
import type { Pipeline } from './model.ts';
import { PipelineFileError } from './problem.ts';

/** Returns the pipeline of the file that the input `config` names; undefined after a problem. */
export const readPipeline = (reader: InputReader, readFile: ReadWorkspaceFile): Pipeline | undefined => {
  const file = reader.required('config');
  if (file === '') return undefined;
  try {
    return loadPipeline(readFile(file), file);
  } catch (error) {
    if (error instanceof PipelineFileError) {
      for (const { line, message } of error.problems) reader.problem('config', `${file}: line ${line}: ${message}`);
    } else reader.problem('config', `cannot be read: ${error instanceof Error ? error.message : String(error)}`, file);
    return undefined;
  }
};

/** Tells a name that `known` does not have; without a pipeline file nothing is known to be wrong. */
export const checkName = (
  reader: InputReader,
  input: string,
  kind: string,
  name: string,
  known: readonly string[],
): void => {
  if (known.length === 0 || known.includes(name)) return;
  const near = nearest(name, known);
  const hint = near === undefined ? `known are ${known.join(', ')}` : `did you mean "${near}"?`;
  reader.problem(input, `the pipeline file has no ${kind} "${name}"; ${hint}`);
};

/** Returns the input `environment`, which must be one of the pipeline's. */
export const readEnvironment = (reader: InputReader, pipeline: Pipeline | undefined): string => {
  const environment = reader.required('environment');
  if (environment !== '') {
    checkName(reader, 'environment', 'environment', environment, [...(pipeline?.environments.keys() ?? [])]);
  }
  return environment;
};
