import { join } from 'node:path';
import type { ActionFile } from './action-file.ts';
import { actionInputs, inputVariables, logCall, stateVariables } from './action-inputs.ts';
import type { JobState } from './job-state.ts';
import type { StageContext } from './perform-step.ts';
import { runProcess } from './processes.ts';
import type { Entry } from './template.ts';

/** Runs one part of a JavaScript action as a child process. Returns whether it ended with 0. */
export const runNodeAction = async (
  action: ActionFile,
  file: string,
  uses: string,
  given: readonly Entry[],
  state: ReadonlyMap<string, string>,
  job: JobState,
  stage: StageContext,
): Promise<boolean> => {
  const inputs = actionInputs(given, action, stage.scope, stage.log);
  logCall(uses, inputs, stage.log);
  const end = await runProcess({
    file: job.run.nodePath,
    args: [join(action.directory, file)],
    cwd: job.workspace,
    env: job.environment(stage.github, stage.env, {
      ...inputVariables(inputs),
      ...stateVariables(state),
      ...job.actionVariables,
    }),
    signal: stage.signal,
    grace: job.run.grace,
    onLine: stage.onLine,
  });
  return end.exitCode === 0;
};
