import type { CompositeStages } from './action-file.ts';
import type { Value } from './expressions.ts';
import { evaluateText } from './expressions.ts';
import type { JobState } from './job-state.ts';
import type { StageContext, StepTask } from './perform-step.ts';
import { performStep } from './perform-step.ts';
import type { CompositePart } from './step-host.ts';
import { compositeHost } from './step-host.ts';

const nameOf = (task: StepTask, scope: StageContext['scope']): string => {
  try {
    return task.name(scope);
  } catch {
    return task.uses ?? 'Step';
  }
};

/**
 * Runs steps of a composite action one after the other, in its own scope and in the log of the step that uses it. Returns
 * whether they succeeded; `outputs` become those of the step.
 */
export const runComposite = async (
  tasks: readonly StepTask[],
  part: CompositePart,
  inputs: Readonly<Record<string, Value>>,
  outputs: CompositeStages['outputs'],
  job: JobState,
  stage: StageContext,
): Promise<boolean> => {
  const { action, action_path, action_repository, action_ref } = stage.github;
  const github = { action, action_path, action_repository, action_ref };
  const host = compositeHost({ job, github }, inputs, new Map(stage.overrides), part);
  for (const task of tasks) {
    const log = stage.log.nested();
    const { summary } = await performStep(task, host, {
      name: nameOf(task, host.scope(task.github, host.env())),
      log,
      cancel: stage.cancel,
      outer: stage.signal,
    });
    if (summary !== '') stage.log.summaries.push(summary);
  }
  const scope = host.scope({}, host.env());
  for (const { name, value } of outputs) stage.log.outputs.set(name, evaluateText(value, scope));
  return host.status() === 'success';
};
