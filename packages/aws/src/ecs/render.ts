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

/** Removals come first: a name that is taken away may be set again in the other form. */
export interface Changes {
  /** Container → image. The key `''` means the main container. */
  readonly images: ReadonlyMap<string, string>;
  readonly variables: readonly VariableChange[];
  /** The value is the secret's `valueFrom`. */
  readonly secrets?: readonly VariableChange[];
  /** Variables and secrets to take away. */
  readonly removals?: readonly NamedVariable[];
}

export interface Rendered {
  readonly body: JsonObject;
  /** Why it must not be registered; never with a value. */
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

/** A list of the container (`environment`, `secrets`) with one item set; others of the same name go. */
const withItem = (list: unknown, name: string, item: JsonObject): JsonObject[] => {
  const items = objectsOf(list);
  const at = items.findIndex((each) => each.name === name);
  if (at < 0) return [...items, item];
  return items.flatMap((each, index) => {
    if (index === at) return [{ ...each, ...item }];
    return each.name === name ? [] : [each];
  });
};

const without = (container: JsonObject, name: string): JsonObject => ({
  ...container,
  ...(container.environment !== undefined && {
    environment: objectsOf(container.environment).filter((each) => each.name !== name),
  }),
  ...(container.secrets !== undefined && {
    secrets: objectsOf(container.secrets).filter((each) => each.name !== name),
  }),
});

const has = (container: JsonObject, name: string): boolean =>
  [...objectsOf(container.environment), ...objectsOf(container.secrets)].some((each) => each.name === name);

/** A name that is both would be refused by RegisterTaskDefinition, after other services were already registered. */
const clashes = (container: string, body: JsonObject, changes: OwnChanges): string[] => {
  const secrets = new Set(objectsOf(body.secrets).map((secret) => secret.name));
  return objectsOf(body.environment)
    .map(({ name }) => name)
    .filter((name): name is string => typeof name === 'string' && secrets.has(name))
    .map((name) => {
      const fix = `; add ${name} to \`remove-environment-variables\` to take the other away`;
      if (changes.secrets.has(name) && changes.variables.has(name)) {
        return `container "${container}": ${name} is set as a variable and as a secret`;
      }
      if (changes.secrets.has(name)) {
        return `container "${container}": ${name} is a variable and cannot be a secret too${fix}`;
      }
      return `container "${container}": ${name} is a secret and cannot be a variable too${changes.variables.has(name) ? fix : ''}`;
    });
};

/** What becomes of one container. */
interface OwnChanges {
  readonly image: string | undefined;
  readonly variables: Map<string, string>;
  readonly secrets: Map<string, string>;
  readonly removals: Set<string>;
}

const applied = (container: JsonObject, { image, variables, secrets, removals }: OwnChanges): JsonObject => {
  let body: JsonObject = image === undefined ? container : { ...container, image };
  for (const name of removals) body = without(body, name);
  for (const [name, value] of variables) {
    body = { ...body, environment: withItem(body.environment, name, { name, value }) };
  }
  for (const [name, valueFrom] of secrets) {
    body = { ...body, secrets: withItem(body.secrets, name, { name, valueFrom }) };
  }
  return body;
};

/**
 * Returns the definition with other images, variables and secrets; everything else stays as it is, members that nobody
 * here knows among it. Values are taken over to the letter. Unknown containers, names that are set twice with different
 * values and names that end up as variable and secret are problems; taking away what is not there is a warning.
 */
export const renderTaskDefinition = (body: JsonObject, changes: Changes): Rendered => {
  const { images, variables, secrets = [], removals = [] } = changes;
  const problems: string[] = [];
  const warnings: string[] = [];
  const containers = containersOf(body);
  const names = containers.map(({ name }) => name);
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
  const newImages = new Map<string, string>();
  for (const [name, image] of images) {
    for (const container of name === '' ? whole('image') : checked(name, 'image')) {
      const other = newImages.get(container);
      if (other !== undefined && other !== image) problems.push(`container "${container}" is given two images`);
      newImages.set(container, image);
    }
  }
  const own = new Map<string, OwnChanges>(
    names.map((name) => [
      name,
      { image: newImages.get(name), variables: new Map(), secrets: new Map(), removals: new Set() },
    ]),
  );
  const targetsOf = ({ container }: NamedVariable, what: string): OwnChanges[] => {
    let targets = [...newImages.keys()];
    if (container !== undefined) targets = checked(container, what);
    else if (targets.length === 0) targets = whole(what);
    return targets.flatMap((name) => own.get(name) ?? []);
  };
  const set = (list: readonly VariableChange[], kind: 'variables' | 'secrets', what: string) => {
    for (const change of list) {
      for (const target of targetsOf(change, `${what} ${change.name}`)) {
        const other = target[kind].get(change.name);
        if (other !== undefined && other !== change.value) {
          problems.push(`${what} ${change.name} is given two values for the same container`);
        }
        target[kind].set(change.name, change.value);
      }
    }
  };
  set(variables, 'variables', 'environment variable');
  set(secrets, 'secrets', 'secret');
  for (const removal of removals) {
    const targets = targetsOf(removal, `removal of ${removal.name}`);
    for (const target of targets) target.removals.add(removal.name);
    const there = containers.some(
      ({ name, body: container }) => targets.some((each) => each === own.get(name)) && has(container, removal.name),
    );
    if (targets.length > 0 && !there) {
      const where = removal.container === undefined ? '' : ` of container "${removal.container}"`;
      warnings.push(`${removal.name} is no variable or secret${where}: there is nothing to remove`);
    }
  }
  const rendered = containers.map(({ name, body: container }) => {
    const ownChanges = own.get(name);
    return { name, ownChanges, body: ownChanges === undefined ? container : applied(container, ownChanges) };
  });
  for (const { name, ownChanges, body: container } of rendered) {
    if (ownChanges !== undefined) problems.push(...clashes(name, container, ownChanges));
    if (typeof container.image !== 'string' || container.image === '')
      problems.push(`container "${name}" has no image`);
  }
  return {
    body: { ...body, containerDefinitions: rendered.map((each) => each.body) },
    problems: [...new Set(problems)],
    warnings,
  };
};
