import { passesPatterns } from './filter-pattern.ts';
import type { Template } from './template.ts';
import { entriesOf, find, literals } from './template.ts';
import { unsupported, WorkflowError } from './workflow-error.ts';
import type { WorkflowFile } from './workflow-file.ts';

/** What happened, as the runner needs it to choose and start a workflow. */
export interface TriggeringEvent {
  readonly name: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly ref: string;
  readonly refType: 'branch' | 'tag';
  readonly changedFiles?: readonly string[];
}

const list = (patterns: readonly string[]) => patterns.map((pattern) => `"${pattern}"`).join(', ');

/** Returns why a name does not pass the filters of its kind, or undefined when it does or there are none. */
const nameMismatch = (filters: Template | undefined, kind: string, name: string): string | undefined => {
  const names = literals(find(filters, kind));
  const ignored = literals(find(filters, `${kind}-ignore`));
  if (names.length > 0) {
    return passesPatterns(name, names) ? undefined : `it starts at ${kind} ${list(names)}, not at "${name}"`;
  }
  return passesPatterns(name, ignored) ? `it ignores ${kind} ${list(ignored)}` : undefined;
};

/** Returns why the changed files do not start the workflow. Tags have none, and always pass (docs: `paths`). */
const pathMismatch = (filters: Template | undefined, event: TriggeringEvent): string | undefined => {
  const [paths, ignored] = [find(filters, 'paths'), find(filters, 'paths-ignore')];
  const filter = paths ?? ignored;
  if (filter === undefined || event.refType === 'tag') return undefined;
  const { changedFiles } = event;
  if (changedFiles === undefined) throw unsupported(filter.place, '`paths` of an event without its changed files');
  const patterns = literals(filter);
  if (paths !== undefined) {
    return changedFiles.some((file) => passesPatterns(file, patterns))
      ? undefined
      : `no changed file is among its paths ${list(patterns)}`;
  }
  return changedFiles.every((file) => passesPatterns(file, patterns))
    ? `every changed file is among the paths that it ignores, ${list(patterns)}`
    : undefined;
};

/** Returns why a push does not start the workflow, or undefined when it does. */
const pushMismatch = (filters: Template | undefined, event: TriggeringEvent): string | undefined => {
  const [kind, other] = event.refType === 'tag' ? ['tags', 'branches'] : ['branches', 'tags'];
  const name = event.ref.replace(/^refs\/(heads|tags)\//, '');
  const has = (key: string) =>
    [...literals(find(filters, key)), ...literals(find(filters, `${key}-ignore`))].length > 0;
  // A filter for the other kind alone leaves this kind out.
  if (!has(kind) && has(other)) return `it starts at ${other} alone, not at the ${event.refType} "${name}"`;
  return nameMismatch(filters, kind, name) ?? pathMismatch(filters, event);
};

/** A pull request is known by the branch that it goes to. */
const pullRequestMismatch = (filters: Template | undefined, event: TriggeringEvent): string | undefined => {
  const { base } = (event.payload.pull_request ?? {}) as { base?: { ref?: string } };
  return nameMismatch(filters, 'branches', base?.ref ?? '') ?? pathMismatch(filters, event);
};

/** Types of a pull request that start a workflow which names none (docs: events that trigger workflows). */
const PULL_REQUEST_TYPES = ['opened', 'synchronize', 'reopened'];

const BRANCH_FILTERS = ['branches', 'branches-ignore', 'paths', 'paths-ignore'];

/** Throws WorkflowError when `event` does not start `workflow`, saying why. */
export const checkTrigger = (workflow: WorkflowFile, event: TriggeringEvent): void => {
  const filters = workflow.triggers.get(event.name);
  const place = filters?.place ?? workflow.place;
  if (!workflow.triggers.has(event.name)) {
    throw new WorkflowError(
      place,
      `The event "${event.name}" does not start this workflow; it starts at ${[...workflow.triggers.keys()].join(', ')}.`,
    );
  }
  const refuse = (reason: string | undefined) => {
    const what = event.name === 'push' ? 'push' : 'pull request';
    if (reason !== undefined) throw new WorkflowError(place, `The ${what} does not start this workflow: ${reason}.`);
  };
  if (event.name === 'push') {
    refuse(pushMismatch(filters, event));
    return;
  }
  const isPull = event.name === 'pull_request' || event.name === 'pull_request_target';
  if (isPull) refuse(pullRequestMismatch(filters, event));
  const named = literals(find(filters, 'types'));
  const types = named.length === 0 && isPull ? PULL_REQUEST_TYPES : named;
  const action = event.payload.action;
  if (types.length > 0 && typeof action === 'string' && !types.includes(action)) {
    throw new WorkflowError(
      place,
      `The event "${event.name}" with "${action}" does not start it; types are ${list(types)}.`,
    );
  }
  for (const { key, place: at } of entriesOf(filters)) {
    const known = ['types', 'inputs', 'outputs', 'secrets', ...(isPull ? BRANCH_FILTERS : [])];
    if (!known.includes(key)) throw unsupported(at, `\`${key}\` of ${event.name}`);
  }
};
