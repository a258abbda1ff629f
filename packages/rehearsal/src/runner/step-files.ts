import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BLOCKED_VARIABLES, MAX_SUMMARY_BYTES, parsePairs, parsePaths } from './environment-files.ts';
import type { JobState } from './job-state.ts';
import type { StepLog } from './step-log.ts';

const NAMES = {
  env: 'set_env_',
  path: 'add_path_',
  output: 'set_output_',
  state: 'save_state_',
  step_summary: 'step_summary_',
};

/** Paths of one step's files by their name in the `github` context. */
export type StepFiles = Readonly<Record<keyof typeof NAMES, string>>;

/** Makes the files that a step hands its results over in. */
export const createStepFiles = (job: JobState): StepFiles => {
  const folder = join(job.temp, '_runner_file_commands');
  mkdirSync(folder, { recursive: true });
  const id = randomUUID();
  const files = Object.fromEntries(
    Object.entries(NAMES).map(([name, prefix]) => [name, join(folder, `${prefix}${id}`)]),
  ) as unknown as StepFiles;
  for (const path of Object.values(files)) writeFileSync(path, '');
  return files;
};

const read = (path: string): string => {
  try {
    return readFileSync(path, 'utf8').replace(/^\ufeff/, '');
  } catch {
    // A step may remove its own files.
    return '';
  }
};

/** Carries out what a step wrote to its files. Returns its summary, masked. */
export const processStepFiles = (files: StepFiles, job: JobState, log: StepLog): string => {
  const attempt = (name: keyof StepFiles, work: () => void) => {
    try {
      work();
    } catch (error) {
      log.annotate('error', `Unable to process file command '${name}' successfully.`);
      log.annotate('error', error instanceof Error ? error.message : String(error));
      log.commandFailed = true;
    }
  };
  attempt('path', () => {
    for (const path of parsePaths(read(files.path))) {
      const known = job.paths.indexOf(path);
      if (known >= 0) job.paths.splice(known, 1);
      job.paths.push(path);
    }
  });
  attempt('env', () => {
    for (const [name, value] of parsePairs(read(files.env))) {
      if (BLOCKED_VARIABLES.includes(name.toUpperCase())) {
        throw new Error(`Can't store ${name} output parameter using '$GITHUB_ENV' command.`);
      }
      job.env.set(name, value);
    }
  });
  attempt('output', () => {
    for (const [name, value] of parsePairs(read(files.output))) log.outputs.set(name, value);
  });
  attempt('state', () => {
    for (const [name, value] of parsePairs(read(files.state))) log.state.set(name, value);
  });
  return readSummary(files.step_summary, job, log);
};

const readSummary = (path: string, job: JobState, log: StepLog): string => {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size > MAX_SUMMARY_BYTES) {
    log.annotate(
      'error',
      `$GITHUB_STEP_SUMMARY upload aborted, supports content up to a size of ${MAX_SUMMARY_BYTES / 1_024}k, got ${Math.floor(size / 1_024)}k.`,
    );
    return '';
  }
  return read(path)
    .split('\n')
    .map((line) => job.masker.mask(line))
    .join('\n');
};
