import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_PIPELINE_FILE, loadPipeline } from '@hospital-ops/pipeline/load';
import type { Pipeline, ResolvedEnvironment } from '@hospital-ops/pipeline/model';
import { resolveEnvironment } from '@hospital-ops/pipeline/resolve';
import { parse } from 'yaml';

/** Names of the workflows of the repository at `path`, without endings, sorted. */
export const workflowNames = (path: string): string[] => {
  const folder = join(path, '.github', 'workflows');
  return existsSync(folder)
    ? readdirSync(folder)
        .filter((file) => /\.ya?ml$/.test(file))
        .map((file) => file.replace(/\.ya?ml$/, ''))
        .sort()
    : [];
};

export interface ConsumerWorkflow {
  /** Path in the repository. */
  readonly path: string;
  readonly text: string;
  readonly content: unknown;
}

/** Returns the workflow called `name`. Throws an Error that names those that there are. */
export const readConsumerWorkflow = (path: string, name: string): ConsumerWorkflow => {
  const file = ['yml', 'yaml']
    .map((ending) => `.github/workflows/${name}.${ending}`)
    .find((f) => existsSync(join(path, f)));
  if (file === undefined) {
    const names = workflowNames(path);
    throw new Error(`there is no workflow "${name}"; the repository has ${names.join(', ') || 'none'}.`);
  }
  const text = readFileSync(join(path, file), 'utf8');
  let content: unknown;
  try {
    content = parse(text);
  } catch (error) {
    const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
    throw new Error(`the workflow ${file} is not valid YAML: ${line}`);
  }
  return { path: file, text, content };
};

/** Returns the repository's pipeline file. Throws an Error that says what to do when there is none or it is not valid. */
export const readPipeline = (path: string): Pipeline => {
  const file = join(path, DEFAULT_PIPELINE_FILE);
  if (!existsSync(file)) {
    throw new Error(
      `the repository has no ${DEFAULT_PIPELINE_FILE}, so nothing is known of its services. Next: write one, as step 3 of the README of this suite shows.`,
    );
  }
  return loadPipeline(readFileSync(file, 'utf8'));
};

type Inputs = Readonly<Record<string, unknown>>;

/** The value of an input of a manual run: as given, else its default in the workflow file. */
const inputOf = (workflow: unknown, inputs: Inputs, name: string): string | undefined => {
  const { on } = workflow as { on?: { workflow_dispatch?: { inputs?: Record<string, { default?: unknown }> } } };
  const value = inputs[name] ?? on?.workflow_dispatch?.inputs?.[name]?.default;
  return typeof value === 'string' || typeof value === 'boolean' ? String(value) : undefined;
};

/** Whether a workflow calls the suite's roll-back: then the version before is what is to serve in the end. */
export const goesBack = (workflow: unknown): boolean =>
  Object.values((workflow as { jobs?: Record<string, { uses?: unknown }> }).jobs ?? {}).some(({ uses }) =>
    /\/hospital-ops-actions\/\.github\/workflows\/rollback\.yml@/.test(String(uses)),
  );

/** Called workflows that change an environment, unless they are told not to. */
const DEPLOYS = /\/hospital-ops-actions\/\.github\/workflows\/(?:deploy(?:-\w+)?|hotfix|rollback)\.yml@/;

/** Whether everything that a workflow would deploy is a dry run: then nothing may be changed. */
export const isDryRun = (workflow: unknown, inputs: Inputs): boolean => {
  const { jobs = {} } = workflow as { jobs?: Record<string, { uses?: unknown; with?: Record<string, unknown> }> };
  const calls = Object.values(jobs).filter((job) => DEPLOYS.test(String(job?.uses)));
  const isDry = (given: unknown): boolean => {
    const [, input] = /^\$\{\{\s*inputs\.([\w-]+)\s*(?:== true\s*)?\}\}$/.exec(String(given)) ?? [];
    return String(input === undefined ? given : inputOf(workflow, inputs, input)) === 'true';
  };
  return calls.length > 0 && calls.every((job) => isDry(job.with?.['dry-run']));
};

/** The branch, tag or commit that a manual run names by an input for the workflow that it calls, as a hotfix does. */
export const namedRef = (workflow: unknown, inputs: Inputs): string | undefined =>
  Object.values((workflow as { jobs?: Record<string, { with?: { ref?: unknown } }> }).jobs ?? {})
    .flatMap((job) => /^\$\{\{\s*inputs\.([\w-]+)\s*\}\}$/.exec(String(job?.with?.ref))?.[1] ?? [])
    .map((input) => inputOf(workflow, inputs, input))
    .find((ref) => ref !== undefined && ref !== '');

/**
 * Names of the pipeline's environments that a workflow hands to the workflows that it calls; all when it names none in so
 * many words. Throws an Error for one that the pipeline file does not have.
 */
const namedEnvironments = (pipeline: Pipeline, workflow: unknown, inputs: Inputs): string[] => {
  const jobs = Object.values((workflow as { jobs?: Record<string, { with?: { environment?: unknown } }> }).jobs ?? {});
  const named = jobs
    .map((job) => job?.with?.environment)
    .filter((name) => typeof name === 'string')
    .map((name) => {
      const [, input] = /^\$\{\{\s*inputs\.([\w-]+)\s*\}\}$/.exec(name) ?? [];
      return (input !== undefined && inputOf(workflow, inputs, input)) || name;
    })
    .filter((name) => !name.includes('${{'));
  const all = [...pipeline.environments.keys()];
  const unknown = named.find((name) => !pipeline.environments.has(name));
  if (unknown !== undefined) {
    throw new Error(
      `the workflow deploys to "${unknown}", and ${DEFAULT_PIPELINE_FILE} has ${all.join(', ')}. Next: correct one of them.`,
    );
  }
  return named.length > 0 ? [...new Set(named)] : all;
};

/** Returns the environments that `workflow` deploys to, resolved for a release. */
export const environmentsOf = (
  pipeline: Pipeline,
  workflow: unknown,
  release: { readonly sha: string; readonly version: string },
  inputs: Inputs,
): ResolvedEnvironment[] =>
  namedEnvironments(pipeline, workflow, inputs).map((name) => resolveEnvironment(pipeline, name, release));
