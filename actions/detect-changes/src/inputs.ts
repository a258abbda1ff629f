import { posix } from 'node:path';
import type { InputReader, RawInputs, ReadWorkspaceFile } from '@hospital-ops/action-kit/inputs';
import { parseInputs } from '@hospital-ops/action-kit/inputs';
import { readStructuredText } from '@hospital-ops/action-kit/structured';
import { DEFAULT_PIPELINE_FILE, loadPipeline } from '@hospital-ops/pipeline/load';
import type { Pipeline } from '@hospital-ops/pipeline/model';
import { PipelineFileError } from '@hospital-ops/pipeline/problem';
import type { Filter } from './filters.ts';
import { nameProblem, parseFilters } from './filters.ts';
import type { PatternList } from './patterns.ts';
import { parseRule } from './patterns.ts';
import type { BaseRequest } from './plan.ts';

/** Every output but those that carry a filter's name. */
export const OUTPUTS = ['changes', 'matrix', 'any', 'base', 'head', 'base-reason', 'fallback', 'unclassified'] as const;

export interface LoadedPipeline {
  readonly pipeline: Pipeline;
  /** From the root of the repository. */
  readonly file: string;
  readonly globalRules: PatternList;
  /** The `paths` of each service. */
  readonly serviceRules: ReadonlyMap<string, PatternList>;
}

export interface DetectInputs {
  readonly filters: readonly Filter[];
  readonly loaded: LoadedPipeline | undefined;
  readonly environment: string | undefined;
  readonly base: BaseRequest;
  readonly graph: boolean;
  readonly listFiles: boolean;
  readonly token: string | undefined;
  /** The checkout, from the workspace. */
  readonly workingDirectory: string;
}

const isMissing = (error: unknown) =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT';

const parsePatterns = (patterns: readonly string[], problem: (message: string) => void): PatternList =>
  patterns.flatMap((pattern) => {
    try {
      return [parseRule(pattern)];
    } catch (error) {
      problem(error instanceof Error ? error.message : String(error));
      return [];
    }
  });

const readPipeline = (
  reader: InputReader,
  readFile: ReadWorkspaceFile,
  directory: string,
): LoadedPipeline | undefined => {
  const named = reader.text('config');
  const file = posix.normalize(named ?? DEFAULT_PIPELINE_FILE);
  const problem = (message: string) => reader.problem('config', `${file}: ${message}`);
  try {
    const pipeline = loadPipeline(readFile(posix.join(directory, file)), file);
    const services = [...pipeline.services.values()];
    return {
      pipeline,
      file,
      globalRules: parsePatterns(pipeline.globalPaths, problem),
      serviceRules: new Map(services.map(({ name, paths }) => [name, parsePatterns(paths, problem)])),
    };
  } catch (error) {
    if (named === undefined && isMissing(error)) {
      if (reader.text('filters') === undefined) reader.problem('filters', `is required where there is no ${file}`);
      return undefined;
    }
    if (error instanceof PipelineFileError) {
      for (const { line, message } of error.problems) problem(`line ${line}: ${message}`);
    } else problem(`cannot be read: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
};

const readFilters = (
  reader: InputReader,
  readFile: ReadWorkspaceFile,
  services: readonly string[],
): readonly Filter[] => {
  const text = reader.text('filters');
  const taken = new Set<string>(OUTPUTS);
  let filters: readonly Filter[] = [];
  if (text !== undefined) {
    try {
      const parsed = parseFilters(readStructuredText(text, readFile), taken);
      for (const problem of parsed.problems) reader.problem('filters', problem);
      filters = parsed.filters;
    } catch (error) {
      reader.problem('filters', error instanceof Error ? error.message : String(error));
    }
  }
  for (const service of services) {
    const unfit = nameProblem(service, taken);
    if (unfit !== undefined) reader.problem('config', unfit.replace('the filter', 'the service'));
  }
  const names = [...filters.map(({ name }) => name), ...services];
  for (const { name } of filters) {
    const twin = services.find((service) => service.toLowerCase() === name.toLowerCase());
    if (twin !== undefined) reader.problem('filters', `"${name}" is the name of a service of the pipeline file too`);
  }
  for (const name of names) {
    const list = `${name}_files`.toLowerCase();
    if (names.some((other) => other.toLowerCase() === list)) {
      reader.problem('filters', `"${name}_files" is the output for the files of "${name}"`);
    }
  }
  return filters;
};

const WORDS = ['auto', 'before', 'merge-base', 'previous-tag', 'last-deployment'] as const;

const readBase = (reader: InputReader, environment: string | undefined): BaseRequest => {
  const text = reader.text('base') ?? 'auto';
  const word = WORDS.find((candidate) => candidate === text);
  if (word === 'last-deployment' && environment === undefined) {
    reader.problem('base', 'needs `environment`: the deployments to which are looked at', text);
  }
  return word ?? { revision: text };
};

/** Reads all inputs; `readFile` reads files of the workspace. */
export const parseDetectInputs = (raw: RawInputs, readFile: ReadWorkspaceFile): DetectInputs =>
  parseInputs(raw, readFile, (reader) => {
    const workingDirectory = reader.text('working-directory') ?? '.';
    const loaded = readPipeline(reader, readFile, workingDirectory);
    const filters = readFilters(reader, readFile, [...(loaded?.pipeline.services.keys() ?? [])]);
    const environment = reader.text('environment');
    const known = loaded?.pipeline.environments;
    if (environment !== undefined && known && !known.has(environment)) {
      reader.problem('environment', `expected one of ${[...known.keys()].join(', ')}`, environment);
    }
    return {
      filters,
      loaded,
      environment,
      base: readBase(reader, environment),
      graph: reader.oneOf('graph', ['auto', 'off']) !== 'off',
      listFiles: reader.oneOf('list-files', ['none', 'json']) === 'json',
      token: reader.secret('token'),
      workingDirectory,
    };
  });
