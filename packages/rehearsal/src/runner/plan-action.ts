import { join } from 'node:path';
import type { ActionFile } from './action-file.ts';
import { readAction } from './action-file.ts';
import type { RepositoryEntry, Tree } from './references.ts';
import { findTree, parseReference, shownPath } from './references.ts';
import type { StandIn } from './stand-in.ts';
import type { Place } from './workflow-error.ts';
import { unsupported, WorkflowError } from './workflow-error.ts';
import type { StepDefinition } from './workflow-file.ts';
import { checkNames } from './workflow-inputs.ts';

/** What references are resolved with. */
export interface PlanContext {
  readonly repositories: readonly RepositoryEntry[];
  readonly standIns: readonly StandIn[];
}

export interface ActionSource {
  /** `owner/name` and ref; undefined for an action of the workspace. */
  readonly repository?: string;
  readonly ref?: string;
}

export type PlannedAction =
  | { readonly kind: 'file'; readonly action: ActionFile; readonly source: ActionSource }
  | { readonly kind: 'stand-in'; readonly standIn: StandIn; readonly source: ActionSource }
  /** `./path`: read from the workspace when the step starts, since a step before may have put it there. */
  | { readonly kind: 'workspace'; readonly path: string };

/** Throws WorkflowError when a step passes an input that the action does not have, or lacks a required one. */
export const checkActionInputs = (step: StepDefinition, action: ActionFile, shown: string): void => {
  const inputs = [...action.inputs].map(([name, input]) => ({
    name,
    required: input.required && input.default === undefined,
  }));
  checkNames(step.with, inputs, step.place, `input of ${shown}`);
};

const refuseComposite = (action: ActionFile, place: Place, shown: string): void => {
  if (action.runs.using === 'composite') throw unsupported(place, `the composite action ${shown}`);
};

const standInFor = (step: StepDefinition, text: string, place: Place, name: string, context: PlanContext): StandIn => {
  const standIn = context.standIns.find(({ uses }) => uses.toLowerCase() === name.toLowerCase());
  if (standIn === undefined) {
    const table = context.standIns.map(({ uses }) => uses).join(', ') || 'none';
    throw unsupported(place, `the action "${text}"`, `there are stand-ins for ${table}`);
  }
  const inputs = Object.entries(standIn.inputs).map(([key, { required = false }]) => ({ name: key, required }));
  checkNames(step.with, inputs, step.place, `input that the stand-in of ${standIn.uses} knows`);
  return standIn;
};

/** Returns what a `uses:` of a step stands for. Throws WorkflowError when it stands for nothing here. */
export const planAction = async (
  step: StepDefinition,
  uses: { readonly text: string; readonly place: Place },
  tree: Tree,
  context: PlanContext,
): Promise<PlannedAction> => {
  const { text, place } = uses;
  const reference = parseReference(text, place);
  const { path } = reference;
  if (reference.kind === 'local') {
    const action = tree.own ? await readAction(join(tree.path, path), path) : undefined;
    if (action !== undefined) {
      checkActionInputs(step, action, text);
      refuseComposite(action, place, text);
    }
    return { kind: 'workspace', path };
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
  refuseComposite(action, place, text);
  return { kind: 'file', action, source };
};
