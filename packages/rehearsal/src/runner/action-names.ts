import type { PlannedStep } from './plan-step.ts';

/** GITHUB_ACTION: the step's id, else `__` and what it runs, numbered when it comes again (parser: id-builder). */
export const actionNames = (steps: readonly PlannedStep[]): string[] => {
  const seen = new Map<string, number>();
  return steps.map(({ definition: { id, uses } }) => {
    if (id !== undefined) return id;
    const text = uses?.text.replace(/@.*$/, '') ?? '';
    const name = `__${/^[$.]\//.test(text) ? 'self' : text === '' ? 'run' : text.replace(/[^\w-]/g, '_')}`;
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return count === 1 ? name : `${name}_${count}`;
  });
};
