import { join } from 'node:path';
import type { ActionFile, CompositeStages, NodeStages } from './action-file.ts';
import { readAction } from './action-file.ts';
import { officialParser } from './official-parser.ts';
import type { RepositoryEntry, Tree } from './references.ts';
import { findTree, parseReference, shownPath } from './references.ts';
import type { ServiceEngine } from './services/service-engine.ts';
import { checkShell } from './shells.ts';
import type { StandIn } from './stand-in.ts';
import type { Template } from './template.ts';
import type { Place } from './workflow-error.ts';
import { unsupported, WorkflowError } from './workflow-error.ts';
import type { StepDefinition } from './workflow-file.ts';
import { checkNames } from './workflow-inputs.ts';

/** What references are resolved with. */
export interface PlanContext {
  readonly repositories: readonly RepositoryEntry[];
  readonly standIns: readonly StandIn[];
  readonly services: ServiceEngine;
}

export interface ActionSource {
  /** `owner/name` and ref; undefined for an action of the workspace. */
  readonly repository?: string;
  readonly ref?: string;
}

export interface PlannedComposite {
  readonly kind: 'composite';
  readonly action: ActionFile;
  readonly runs: CompositeStages;
  readonly source: ActionSource;
  readonly steps: readonly PlannedStep[];
}

export type PlannedAction =
  | { readonly kind: 'node'; readonly action: ActionFile; readonly runs: NodeStages; readonly source: ActionSource }
  | PlannedComposite
  | { readonly kind: 'stand-in'; readonly standIn: StandIn; readonly source: ActionSource }
  /** `./path`: read from the workspace when the step starts, since a step before may have put it there. */
  | { readonly kind: 'workspace'; readonly path: string; readonly tree: Tree; readonly depth: number };

export interface Condition {
  readonly expression: string;
  readonly place: Place;
}

export interface PlannedStep {
  readonly definition: StepDefinition;
  readonly condition: Condition;
  /** Undefined for a `run` step. */
  readonly action?: PlannedAction;
}

/** Composite actions in composite actions (actions/runner, Constants.CompositeActionsMaxDepth). */
const MAX_DEPTH = 10;

/** Returns the condition of a step or job: `success() &&` goes before one that calls no status function. */
export const planCondition = async (template: Template | undefined, place: Place): Promise<Condition> => {
  if (template === undefined || template.kind === 'sequence' || template.kind === 'mapping') {
    return { expression: 'success()', place };
  }
  const text = template.kind === 'expression' ? template.expression : String(template.value ?? '').trim();
  if (text === '') return { expression: 'success()', place };
  const parser = await officialParser();
  return { expression: parser.ensureStatusFunction(text, template.allowed), place: template.place };
};

/** Returns a step with its action resolved and its inputs checked; `depth` counts the composite actions around it. */
export const planStep = async (
  definition: StepDefinition,
  tree: Tree,
  context: PlanContext,
  depth = 0,
): Promise<PlannedStep> => {
  const condition = await planCondition(definition.condition, definition.place);
  if (definition.uses === undefined) {
    checkShell(definition.shell);
    return { definition, condition };
  }
  return { definition, condition, action: await planAction(definition, definition.uses, tree, context, depth) };
};

/** Returns an action that was read, with what its own steps use if it is a composite one. */
export const planRead = async (
  action: ActionFile,
  source: ActionSource,
  tree: Tree,
  context: PlanContext,
  depth: number,
): Promise<PlannedAction> => {
  const { runs } = action;
  if (runs.using === 'node') return { kind: 'node', action, runs, source };
  if (depth >= MAX_DEPTH) {
    throw new WorkflowError(action.place, `Composite actions use each other more than ${MAX_DEPTH} levels deep.`);
  }
  const steps: PlannedStep[] = [];
  for (const step of runs.steps) steps.push(await planStep(step, tree, context, depth + 1));
  return { kind: 'composite', action, runs, source, steps };
};

/** Throws WorkflowError when a step passes an input that the action does not have, or lacks a required one. */
export const checkActionInputs = (step: StepDefinition, action: ActionFile, shown: string): void => {
  const inputs = [...action.inputs].map(([name, input]) => ({
    name,
    required: input.required && input.default === undefined,
  }));
  checkNames(step.with, inputs, step.place, `input of ${shown}`);
};

const standInFor = (step: StepDefinition, text: string, place: Place, name: string, context: PlanContext): StandIn => {
  const standIn = context.standIns.find(({ uses }) => uses.toLowerCase() === name.toLowerCase());
  if (standIn === undefined) {
    const table = context.standIns.map(({ uses }) => uses).join(', ') || 'none';
    throw unsupported(place, `the action "${text}"`, `there are stand-ins for ${table}`);
  }
  const other = step.with.find(({ key }) => standIn.others?.some((one) => one.toLowerCase() === key.toLowerCase()));
  if (other !== undefined) throw unsupported(other.place, `the input "${other.key}" of ${standIn.uses}`);
  const inputs = Object.entries(standIn.inputs).map(([key, { required = false }]) => ({ name: key, required }));
  checkNames(step.with, inputs, step.place, `input of ${standIn.uses}`);
  return standIn;
};

/** Returns what a `uses:` of a step stands for. Throws WorkflowError when it stands for nothing here. */
const planAction = async (
  step: StepDefinition,
  uses: { readonly text: string; readonly place: Place },
  tree: Tree,
  context: PlanContext,
  depth: number,
): Promise<PlannedAction> => {
  const { text, place } = uses;
  const reference = parseReference(text, place);
  const { path } = reference;
  if (reference.kind === 'local') {
    const action = tree.own ? await readAction(join(tree.path, path), path) : undefined;
    if (action !== undefined) {
      checkActionInputs(step, action, text);
      await planRead(action, {}, tree, context, depth);
    }
    return { kind: 'workspace', path, tree, depth };
  }
  const target = reference.kind === 'self' ? tree : findTree(reference.repository, reference.ref, context.repositories);
  const source: ActionSource =
    target === undefined
      ? { repository: '', ref: '' }
      : { repository: target.repository, ref: reference.kind === 'remote' ? reference.ref : target.sha };
  if (target === undefined && reference.kind === 'remote') {
    const name = [reference.repository, path].filter((part) => part !== '').join('/');
    const standIn = standInFor(step, text, place, name, context);
    return { kind: 'stand-in', standIn, source: { repository: reference.repository, ref: reference.ref } };
  }
  const root = target ?? tree;
  const action = await readAction(join(root.path, path), shownPath(root, path));
  if (action === undefined) {
    throw new WorkflowError(
      place,
      `"${text}" is no action: there is no action.yml in "${path}" of ${root.repository}.`,
    );
  }
  checkActionInputs(step, action, text);
  return planRead(action, source, root, context, depth);
};
