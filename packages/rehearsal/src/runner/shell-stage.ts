import { randomUUID } from 'node:crypto';
import { rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { evaluateText } from './expressions.ts';
import type { JobState } from './job-state.ts';
import { findProgram } from './on-path.ts';
import type { StageContext } from './perform-step.ts';
import { runProcess } from './processes.ts';
import type { Shell } from './shells.ts';
import { shellCalled } from './shells.ts';
import type { Template } from './template.ts';
import type { RunDefaults, StepDefinition } from './workflow-file.ts';

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

/** Debian calls it python3 alone. */
const programFor = ({ program }: Shell, path: string): string =>
  program === 'python' && findProgram(program, path) === undefined ? 'python3' : program;

/** Runs the script of a `run` step. Returns whether it ended with 0. */
export const runScript = async (
  step: StepDefinition,
  script: Template,
  defaults: readonly RunDefaults[],
  job: JobState,
  stage: StageContext,
): Promise<boolean> => {
  const setting = (own: Template | undefined, key: keyof RunDefaults) =>
    own ?? defaults.find((one) => one[key] !== undefined)?.[key];
  const shellTemplate = setting(step.shell, 'shell');
  const shellText = shellTemplate === undefined ? '' : evaluateText(shellTemplate, stage.scope);
  const shell = shellCalled(shellText, shellTemplate?.place ?? step.place);
  const folderTemplate = setting(step.workingDirectory, 'workingDirectory');
  const cwd = resolve(job.workspace, folderTemplate === undefined ? '' : evaluateText(folderTemplate, stage.scope));
  if (!isFolder(cwd)) throw new Error(`The working directory '${cwd}' does not exist.`);
  const text = evaluateText(script, stage.scope).replaceAll('\r\n', '\n');
  stage.log.write(`Run ${text.trim().split('\n')[0] ?? ''}`, 'group');
  stage.log.write(text.trimEnd());
  stage.log.write('', 'endgroup');
  const file = join(job.temp, `${randomUUID()}${shell.ending}`);
  writeFileSync(file, `${text}\n`);
  const env = job.environment(stage.github, stage.env);
  try {
    const end = await runProcess({
      file: programFor(shell, env.PATH ?? ''),
      args: shell.args.map((word) => word.replaceAll('{0}', file)),
      cwd,
      env,
      signal: stage.signal,
      grace: job.run.grace,
      onLine: stage.onLine,
    });
    if (end.exitCode !== 0 && !end.cancelled) {
      stage.log.annotate('error', `Process completed with exit code ${end.exitCode ?? 'unknown: a signal ended it'}.`);
    }
    return end.exitCode === 0;
  } finally {
    rmSync(file, { force: true });
  }
};
