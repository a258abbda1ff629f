import { nearest } from '@hospital-ops/action-kit/inputs';
import type { JsonObject } from './ports.ts';
import { containersOf, describeContainers, mainContainer, objectsOf } from './task-definition.ts';

/** A variable or secret; without a container it goes where the images change, else to the main container. */
export interface NamedVariable {
  readonly container: string | undefined;
  readonly name: string;
}

export interface VariableChange extends NamedVariable {
  readonly value: string;
}

export interface Changes {
  /** Container → image. The key `''` means the main container. */
  readonly images: ReadonlyMap<string, string>;
  readonly variables: readonly VariableChange[];
}

export interface Rendered {
  readonly body: JsonObject;
  /** Why it must not be registered. */
  readonly problems: readonly string[];
}

const withVariable = (container: JsonObject, name: string, value: string): JsonObject => {
  const environment = objectsOf(container.environment);
  const known = environment.some((variable) => variable.name === name);
  return {
    ...container,
    environment: known
      ? environment.map((variable) => (variable.name === name ? { ...variable, value } : variable))
      : [...environment, { name, value }],
  };
};

/** A name that is both would be refused by RegisterTaskDefinition, after other services were already registered. */
const clashes = (body: JsonObject): string[] =>
  containersOf(body).flatMap(({ name, body: container }) => {
    const secrets = new Set(objectsOf(container.secrets).map((secret) => secret.name));
    return objectsOf(container.environment)
      .filter((variable) => secrets.has(variable.name))
      .map((variable) => `container "${name}": ${String(variable.name)} is a secret and cannot be a variable too`);
  });

/**
 * Returns the definition with other images and variables; everything else stays as it is, members that nobody here
 * knows among it. Values are taken over to the letter. Unknown containers and clashes of names are problems.
 */
export const renderTaskDefinition = (body: JsonObject, { images, variables }: Changes): Rendered => {
  const problems: string[] = [];
  const names = containersOf(body).map(({ name }) => name);
  const main = mainContainer(body);
  const checked = (name: string, what: string): string[] => {
    if (names.includes(name)) return [name];
    const near = nearest(name, names);
    problems.push(
      `${what}: no container "${name}"${near === undefined ? '' : `; did you mean "${near}"?`} (there are ${describeContainers(body)})`,
    );
    return [];
  };
  const whole = (what: string): string[] => {
    if (main !== undefined) return [main];
    problems.push(`${what}: which container is meant? There are ${describeContainers(body)}`);
    return [];
  };
  const newImages = new Map(
    [...images].flatMap(([name, image]) =>
      (name === '' ? whole('image') : checked(name, 'image')).map((container) => [container, image] as const),
    ),
  );
  const variablesOf = new Map<string, VariableChange[]>();
  for (const variable of variables) {
    const what = `environment variable ${variable.name}`;
    let targets = [...newImages.keys()];
    if (variable.container !== undefined) targets = checked(variable.container, what);
    else if (targets.length === 0) targets = whole(what);
    for (const target of targets) variablesOf.set(target, [...(variablesOf.get(target) ?? []), variable]);
  }
  const rendered: JsonObject = {
    ...body,
    containerDefinitions: containersOf(body).map(({ name, body: container }) => {
      const image = newImages.get(name);
      const start: JsonObject = image === undefined ? container : { ...container, image };
      return (variablesOf.get(name) ?? []).reduce((rest, item) => withVariable(rest, item.name, item.value), start);
    }),
  };
  return { body: rendered, problems: [...problems, ...clashes(rendered)] };
};
