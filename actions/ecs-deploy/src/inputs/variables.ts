import type { InputReader } from '@hospital-ops/action-kit/inputs';
import { formatPair } from '@hospital-ops/action-kit/pairs';
import type { NamedVariable, VariableChange } from '@hospital-ops/aws/ecs/render';

/** Inputs that hold for every service of a release beside what its entry says. */
export const VARIABLE_INPUTS: readonly string[] = ['environment-variables', 'secrets', 'remove-environment-variables'];

/** What is asked for the variables and secrets of a service. */
export interface VariableSettings {
  readonly variables: readonly VariableChange[];
  /** The value is the secret's `valueFrom`. */
  readonly secrets: readonly VariableChange[];
  readonly removals: readonly NamedVariable[];
}

/** `container:NAME` or `NAME`. */
const addressed = (key: string): NamedVariable => {
  const at = key.indexOf(':');
  return at < 0
    ? { container: undefined, name: key.trim() }
    : { container: key.slice(0, at).trim(), name: key.slice(at + 1).trim() };
};

/** Reports what is no `NAME` or `container:NAME`. */
const checkAddress = (reader: InputReader, input: string, { container, name }: NamedVariable): void => {
  if (name === '' || container === '') reader.problem(input, 'a name is NAME or container:NAME');
};

/** Reads variables, or secrets with their `valueFrom`. */
export const parseVariables = (reader: InputReader, input: 'environment-variables' | 'secrets'): VariableChange[] =>
  reader.pairs(input).map(([key, value]) => {
    const address = addressed(key);
    checkAddress(reader, input, address);
    if (input === 'environment-variables') return { ...address, value };
    if (value.trim() === '') reader.problem(input, `${key} has no \`valueFrom\``);
    return { ...address, value: value.trim() };
  });

/** Reads what is to be taken away. */
export const parseRemovals = (reader: InputReader): NamedVariable[] => {
  const input = 'remove-environment-variables';
  return reader.lines(input).map((line) => {
    const address = addressed(line);
    checkAddress(reader, input, address);
    if (line.includes('=')) reader.problem(input, 'expected names alone, without `=`');
    return address;
  });
};

/** An item of a list is one pair: where its value has several lines, it is written as a block. */
export const asPair = (item: string): string => {
  const at = item.indexOf('=');
  const isBlock = /^[^=\n]*<</.test(item);
  return at < 0 || isBlock ? item : formatPair([item.slice(0, at), item.slice(at + 1)]);
};

/** Returns the settings of a release with those of an entry, which has the last word on every name that it speaks of. */
export const addVariables = (shared: VariableSettings, own: VariableSettings): VariableSettings => {
  const said = [...own.variables, ...own.secrets, ...own.removals];
  const left = <T extends NamedVariable>(list: readonly T[]): T[] =>
    list.filter(({ container, name }) => !said.some((each) => each.container === container && each.name === name));
  return {
    variables: [...left(shared.variables), ...own.variables],
    secrets: [...left(shared.secrets), ...own.secrets],
    removals: [...left(shared.removals), ...own.removals],
  };
};
