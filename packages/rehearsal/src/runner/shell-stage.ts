import { randomUUID } from 'node:crypto';
import { rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { evaluateText } from './expressions.ts';
import type { JobState } from './job-state.ts';
import { runProcess } from './processes.ts';
import type { StageContext } from './step-run.ts';
import type { Template } from './template.ts';
import { unsupported } from './workflow-error.ts';
import type { RunDefaults, StepDefinition } from './workflow-file.ts';

/** How the runner calls a shell (docs: jobs.<id>.steps[*].shell); without `shell` there is no pipefail. */
const ARGUMENTS: Record<string, readonly string[]> = {
  '': ['bash', '-e'],
  bash: ['bash', '--noprofile', '--norc', '-eo', 'pipefail'],
  sh: ['sh', '-e'],
};

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

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
  const shell = shellTemplate === undefined ? '' : evaluateText(shellTemplate, stage.scope);
  const [program, ...args] = ARGUMENTS[shell] ?? [];
  if (program === undefined) {
    throw unsupported(shellTemplate?.place ?? step.place, `\`shell: ${shell}\``, 'it has bash and sh');
  }
  const folderTemplate = setting(step.workingDirectory, 'workingDirectory');
  const cwd = resolve(job.workspace, folderTemplate === undefined ? '' : evaluateText(folderTemplate, stage.scope));
  if (!isFolder(cwd)) throw new Error(`The working directory '${cwd}' does not exist.`);
  const text = evaluateText(script, stage.scope).replaceAll('\r\n', '\n');
  stage.log.write(`Run ${text.trim().split('\n')[0] ?? ''}`, 'group');
  stage.log.write(text.trimEnd());
  stage.log.write('', 'endgroup');
  const file = join(job.temp, `${randomUUID()}.sh`);
  writeFileSync(file, `${text}\n`);
  try {
    const end = await runProcess({
      file: program,
      args: [...args, file],
      cwd,
      env: job.environment(stage.github, stage.env),
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
