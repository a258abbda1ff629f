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
}

const list = (patterns: readonly string[]) => patterns.map((pattern) => `"${pattern}"`).join(', ');

/** Returns why a push does not start the workflow, or undefined when it does. */
const pushMismatch = (filters: Template | undefined, event: TriggeringEvent): string | undefined => {
  const kind = event.refType === 'tag' ? 'tags' : 'branches';
  const other = event.refType === 'tag' ? 'branches' : 'tags';
  const name = event.ref.replace(/^refs\/(heads|tags)\//, '');
  const names = literals(find(filters, kind));
  const ignored = literals(find(filters, `${kind}-ignore`));
  if (names.length > 0) {
    return passesPatterns(name, names) ? undefined : `it starts at ${kind} ${list(names)}, not at "${name}"`;
  }
  if (ignored.length > 0) return passesPatterns(name, ignored) ? `it ignores ${kind} ${list(ignored)}` : undefined;
  // A filter for the other kind alone leaves this kind out.
  const others = [...literals(find(filters, other)), ...literals(find(filters, `${other}-ignore`))];
  return others.length > 0 ? `it starts at ${other} alone, not at the ${event.refType} "${name}"` : undefined;
};

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
  if (event.name === 'push') {
    for (const { key, place: at } of entriesOf(filters)) {
      if (key === 'paths' || key === 'paths-ignore') throw unsupported(at, `\`${key}\` of a push`);
    }
    const mismatch = pushMismatch(filters, event);
    if (mismatch !== undefined) throw new WorkflowError(place, `The push does not start this workflow: ${mismatch}.`);
    return;
  }
  const types = literals(find(filters, 'types'));
  const action = event.payload.action;
  if (types.length > 0 && typeof action === 'string' && !types.includes(action)) {
    throw new WorkflowError(
      place,
      `The event "${event.name}" with "${action}" does not start it; types are ${list(types)}.`,
    );
  }
  for (const { key, place: at } of entriesOf(filters)) {
    if (!['types', 'inputs', 'outputs', 'secrets'].includes(key)) throw unsupported(at, `\`${key}\` of ${event.name}`);
  }
};
