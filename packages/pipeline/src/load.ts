import { parsePositioned } from './document.ts';
import type { Pipeline } from './model.ts';
import type { Finding } from './problem.ts';
import { PipelineFileError } from './problem.ts';
import { checkReferences } from './references.ts';
import { resolveAndCollect } from './resolve.ts';
import { checkSchema } from './schema-check.ts';
import type { RawPipeline } from './typed.ts';
import { toPipeline } from './typed.ts';

/** Where the suite looks for the pipeline file when nobody names one. */
export const DEFAULT_PIPELINE_FILE = '.github/hospital-ops.yml';

/** Stands for the release while a file is checked; any text does. */
const SOME_RELEASE = { sha: '0000000000000000000000000000000000000000', version: '0.0.0' };

const checkPlaceholders = (pipeline: Pipeline): Finding[] => {
  const findings = [...pipeline.environments.values()].flatMap(
    (environment) => resolveAndCollect(pipeline, environment, SOME_RELEASE).findings,
  );
  return [...new Map(findings.map((finding) => [JSON.stringify(finding), finding])).values()];
};

/**
 * Returns the pipeline that the text of a pipeline file describes, defaults applied and placeholders not yet resolved.
 * Throws PipelineFileError with every mistake and its line: YAML, the published schema, names that do not exist,
 * placeholders that no environment can fill. `file` is how the file is called in the message.
 */
export const loadPipeline = (text: string, file: string = DEFAULT_PIPELINE_FILE): Pipeline => {
  const document = parsePositioned(text);
  const fail = (findings: readonly Finding[]) => {
    const problems = findings.map((finding) => ({ line: document.lineOf(finding), message: finding.message }));
    return new PipelineFileError(
      file,
      problems.sort((a, b) => a.line - b.line),
    );
  };
  if (document.problems.length > 0) throw new PipelineFileError(file, document.problems);
  const misfits = checkSchema(document.value);
  if (misfits.length > 0) throw fail(misfits);
  const pipeline = toPipeline(document.value as RawPipeline, document.written);
  const findings = [...checkReferences(pipeline), ...checkPlaceholders(pipeline)];
  if (findings.length > 0) throw fail(findings);
  return pipeline;
};
