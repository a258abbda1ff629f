import type { ActionFile } from './action-file.ts';
import type { Scope } from './expressions.ts';
import { evaluateText } from './expressions.ts';
import type { StepLog } from './step-log.ts';
import type { Entry } from './template.ts';

/** Returns an action's inputs: what the step gives, else the defaults of action.yml, evaluated where the step stands. */
export const actionInputs = (
  given: readonly Entry[],
  action: ActionFile,
  scope: Scope,
  log: StepLog,
): Map<string, string> => {
  const inputs = new Map<string, string>();
  for (const { key, value } of given) {
    inputs.set(key.toLowerCase(), evaluateText(value, scope));
    const declared = [...action.inputs].find(([name]) => name.toLowerCase() === key.toLowerCase())?.[1];
    if (declared?.deprecation !== undefined) {
      log.annotate('warning', `Input '${key}' has been deprecated with message: ${declared.deprecation}`);
    }
  }
  for (const [name, input] of action.inputs) {
    const key = name.toLowerCase();
    if (!inputs.has(key)) inputs.set(key, input.default === undefined ? '' : evaluateText(input.default, scope));
  }
  return inputs;
};

/** Returns inputs as the runner hands them over: upper case, `_` for spaces; hyphens stay. */
export const inputVariables = (inputs: ReadonlyMap<string, string>): Record<string, string> =>
  Object.fromEntries([...inputs].map(([name, value]) => [`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`, value]));

/** Returns saved state as the variables of the parts that follow. */
export const stateVariables = (state: ReadonlyMap<string, string>): Record<string, string> =>
  Object.fromEntries([...state].map(([name, value]) => [`STATE_${name}`, value]));

/** Writes what a step is called with into its log, folded, as GitHub shows it. */
export const logCall = (uses: string, inputs: ReadonlyMap<string, string>, log: StepLog): void => {
  log.write(`Run ${uses}`, 'group');
  for (const [name, value] of inputs) if (value !== '') log.write(`  ${name}: ${value}`);
  log.write('', 'endgroup');
};
