import { logCall } from './action-inputs.ts';
import { evaluateText } from './expressions.ts';
import type { JobState } from './job-state.ts';
import type { StageContext } from './perform-step.ts';
import { runProcess } from './processes.ts';
import type { StandIn, StandInStep } from './stand-in.ts';
import type { Entry } from './template.ts';

const standInInputs = (standIn: StandIn, given: readonly Entry[], stage: StageContext): Map<string, string> => {
  const inputs = new Map(
    Object.entries(standIn.inputs).map(([name, input]) => [name.toLowerCase(), input.default ?? '']),
  );
  for (const { key, value } of given) inputs.set(key.toLowerCase(), evaluateText(value, stage.scope).trim());
  return inputs;
};

const standInStep = (
  inputs: ReadonlyMap<string, string>,
  state: ReadonlyMap<string, string>,
  job: JobState,
  stage: StageContext,
): StandInStep => {
  const env = job.environment(stage.github, stage.env, job.actionVariables);
  return {
    input: (name) => inputs.get(name.toLowerCase()) ?? '',
    workspace: job.workspace,
    temp: job.temp,
    store: job.run.folders.store,
    env,
    github: stage.scope.contexts.github as Readonly<Record<string, unknown>>,
    permissions: job.facts.permissions,
    nodePath: job.run.nodePath,
    state,
    jobStatus: job.status,
    signal: stage.signal,
    repositoryPath: (name) => job.run.repositoryPath(name),
    log: stage.onLine,
    warning: (text) => stage.log.annotate('warning', text),
    mask: (value) => void job.masker.add(value),
    exec: (file, args, options = {}) =>
      runProcess({
        file,
        args,
        cwd: options.cwd ?? job.workspace,
        env,
        signal: stage.signal,
        grace: job.run.grace,
        onLine: options.onLine ?? stage.onLine,
      }),
  };
};

/** Runs the main or post part of a stand-in. Returns true; what fails throws. */
export const runStandIn = async (
  standIn: StandIn,
  part: 'main' | 'post',
  uses: string,
  given: readonly Entry[],
  state: ReadonlyMap<string, string>,
  job: JobState,
  stage: StageContext,
): Promise<boolean> => {
  const inputs = standInInputs(standIn, given, stage);
  logCall(uses, inputs, stage.log);
  stage.log.write(`In the place of ${standIn.uses}: ${standIn.replaces}`);
  if (standIn.lacks !== undefined) stage.log.write(`What the real one does besides: ${standIn.lacks}`);
  const step = standInStep(inputs, state, job, stage);
  if (part === 'post') {
    await standIn.post?.(step);
    return true;
  }
  const result = (await standIn.run(step)) ?? {};
  for (const [name, value] of Object.entries(result.outputs ?? {})) stage.log.outputs.set(name, value);
  for (const [name, value] of Object.entries(result.state ?? {})) stage.log.state.set(name, value);
  for (const [name, value] of Object.entries(result.env ?? {})) job.env.set(name, value);
  job.paths.push(...(result.path ?? []));
  return !stage.signal.aborted;
};
