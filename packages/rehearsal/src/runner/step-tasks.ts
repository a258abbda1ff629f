import { join } from 'node:path';
import type { ActionFile, NodeStages } from './action-file.ts';
import { readAction } from './action-file.ts';
import { actionInputs, logCall } from './action-inputs.ts';
import { actionNames } from './action-names.ts';
import { runComposite } from './composite-stage.ts';
import type { Scope, Value } from './expressions.ts';
import { evaluateText } from './expressions.ts';
import type { JobState } from './job-state.ts';
import { runNodeAction } from './node-stage.ts';
import type { StageContext, StepTask } from './perform-step.ts';
import type { ActionSource, Condition, PlannedAction, PlannedComposite, PlannedStep } from './plan-step.ts';
import { checkActionInputs, planRead } from './plan-step.ts';
import { runScript } from './shell-stage.ts';
import { runStandIn } from './stand-in-stage.ts';
import type { RunDefaults } from './workflow-file.ts';

/** The parts of a step. The post part is run only when the pre or the main part was started. */
export interface StepTasks {
  readonly pre?: StepTask;
  readonly main: StepTask;
}

export type RegisterPost = (task: StepTask) => void;

const actionContext = (name: string, action?: ActionFile, source?: ActionSource): Record<string, Value> => ({
  action: name,
  ...(action === undefined ? {} : { action_path: action.directory }),
  ...(source === undefined ? {} : { action_repository: source.repository ?? '', action_ref: source.ref ?? '' }),
});

const always = (condition: string, planned: PlannedStep): Condition => ({
  expression: condition,
  place: planned.definition.place,
});

interface Building {
  readonly planned: PlannedStep;
  readonly uses: string;
  readonly displayName: StepTask['name'];
  readonly actionName: string;
  readonly job: JobState;
  readonly state: Map<string, string>;
  readonly registerPost: RegisterPost;
}

const base = (building: Building, github: Record<string, Value>): Omit<StepTask, 'execute'> => {
  const { definition, condition } = building.planned;
  return {
    ...(definition.id === undefined ? {} : { id: definition.id }),
    ...(building.uses === '' ? {} : { uses: building.uses }),
    name: building.displayName,
    condition,
    ...(definition.env === undefined ? {} : { env: definition.env }),
    ...(definition.continueOnError === undefined ? {} : { continueOnError: definition.continueOnError }),
    ...(definition.timeoutMinutes === undefined ? {} : { timeoutMinutes: definition.timeoutMinutes }),
    main: true,
    github,
    state: building.state,
  };
};

/** A part beside the main one: its own condition and name, and nothing in the `steps` context. */
const part = (task: Omit<StepTask, 'execute'>, word: 'Pre' | 'Post', condition: Condition) => {
  const { id: _id, ...rest } = task;
  return { ...rest, name: (scope: Scope) => `${word} ${task.name(scope)}`, condition, main: false };
};

const nodeTasks = (building: Building, action: ActionFile, runs: NodeStages, source: ActionSource): StepTasks => {
  const { planned, uses, job, state } = building;
  const task = base(building, actionContext(building.actionName, action, source));
  const run = (file: string) => (stage: StageContext) =>
    runNodeAction(action, file, uses, planned.definition.with, state, job, stage);
  let registered = false;
  const register = () => {
    if (runs.post === undefined || registered) return;
    registered = true;
    building.registerPost({ ...part(task, 'Post', always(runs.postIf, planned)), execute: run(runs.post) });
  };
  const starting = (file: string) => (stage: StageContext) => {
    register();
    return run(file)(stage);
  };
  const main = { ...task, execute: starting(runs.main) };
  if (runs.pre === undefined) return { main };
  return { main, pre: { ...part(task, 'Pre', always(runs.preIf, planned)), execute: starting(runs.pre) } };
};

const standInTasks = (building: Building, action: Extract<PlannedAction, { kind: 'stand-in' }>): StepTasks => {
  const { planned, uses, job, state } = building;
  const task = base(building, actionContext(building.actionName, undefined, action.source));
  const run = (which: 'main' | 'post') => (stage: StageContext) =>
    runStandIn(action.standIn, which, uses, planned.definition.with, state, job, stage);
  return {
    main: {
      ...task,
      execute: (stage) => {
        if (action.standIn.post !== undefined) {
          building.registerPost({ ...part(task, 'Post', always('always()', planned)), execute: run('post') });
        }
        return run('main')(stage);
      },
    },
  };
};

/** A composite action: what its own steps have of pre and post parts, it has. */
const compositeTasks = (building: Building, composite: PlannedComposite): StepTasks => {
  const { planned, uses, job } = building;
  const { action, runs, source } = composite;
  const task = base(building, actionContext(building.actionName, action, source));
  const posts: StepTask[] = [];
  const names = actionNames(composite.steps);
  const nested = composite.steps.map((step, index) =>
    stepTasks(step, names[index] ?? '', [], job, (post) => {
      if (posts.length === 0)
        building.registerPost({ ...part(task, 'Post', always('always()', planned)), execute: undo });
      posts.push(post);
    }),
  );
  const inputsIn = (stage: StageContext) =>
    Object.fromEntries(actionInputs(planned.definition.with, action, stage.scope, stage.log));
  const undo = (stage: StageContext) => runComposite([...posts].reverse(), 'post', inputsIn(stage), [], job, stage);
  const execute = (stage: StageContext) => {
    const inputs = actionInputs(planned.definition.with, action, stage.scope, stage.log);
    logCall(uses, inputs, stage.log);
    const mains = nested.map(({ main }) => main);
    return runComposite(mains, 'main', Object.fromEntries(inputs), runs.outputs, job, stage);
  };
  const pres = nested.flatMap(({ pre }) => pre ?? []);
  if (pres.length === 0) return { main: { ...task, execute } };
  const prepare = (stage: StageContext) => runComposite(pres, 'pre', inputsIn(stage), [], job, stage);
  return { main: { ...task, execute }, pre: { ...part(task, 'Pre', always('always()', planned)), execute: prepare } };
};

/** An action of the workspace is read when its step starts; its pre part never runs, as on GitHub. */
const workspaceTasks = (building: Building, planned: Extract<PlannedAction, { kind: 'workspace' }>): StepTasks => {
  const { job, uses } = building;
  const { path, tree, depth } = planned;
  return {
    main: {
      ...base(building, actionContext(building.actionName)),
      execute: async (stage) => {
        const directory = join(job.workspace, path);
        const action = await readAction(directory, path);
        if (action === undefined) {
          throw new Error(
            `Can't find 'action.yml' or 'action.yaml' under '${directory}'. Did you forget to run actions/checkout before running your local action?`,
          );
        }
        checkActionInputs(building.planned.definition, action, uses);
        const { main } = actionTasks(building, await planRead(action, {}, tree, job.run.plan, depth));
        return main.execute({ ...stage, github: { ...stage.github, ...main.github } });
      },
    },
  };
};

const actionTasks = (building: Building, action: PlannedAction): StepTasks => {
  switch (action.kind) {
    case 'stand-in':
      return standInTasks(building, action);
    case 'workspace':
      return workspaceTasks(building, action);
    case 'node':
      return nodeTasks(building, action.action, action.runs, action.source);
    case 'composite':
      return compositeTasks(building, action);
  }
};

/** Returns the parts of a planned step. `actionName` is GITHUB_ACTION. */
export const stepTasks = (
  planned: PlannedStep,
  actionName: string,
  defaults: readonly RunDefaults[],
  job: JobState,
  registerPost: RegisterPost,
): StepTasks => {
  const { definition, action } = planned;
  const { run } = definition;
  const uses = definition.uses?.text ?? '';
  const displayName = (scope: Scope): string => {
    if (definition.name !== undefined) return evaluateText(definition.name, scope);
    if (run === undefined) return `Run ${uses}`;
    return `Run ${evaluateText(run, scope).trim().split('\n')[0] ?? ''}`;
  };
  const building: Building = { planned, uses, displayName, actionName, job, state: new Map(), registerPost };
  if (action !== undefined) return actionTasks(building, action);
  return {
    main: {
      ...base(building, actionContext(actionName)),
      execute: (stage) => {
        if (run === undefined) throw new Error('The step has neither `uses` nor `run`.');
        return runScript(definition, run, defaults, job, stage);
      },
    },
  };
};
