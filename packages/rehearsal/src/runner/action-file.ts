import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Template } from './template.ts';
import { entriesOf, find, itemsOf, literal, parseActionTemplate } from './template.ts';
import type { Place } from './workflow-error.ts';
import { unsupported, WorkflowError } from './workflow-error.ts';
import type { StepDefinition } from './workflow-file.ts';
import { readStep } from './workflow-file.ts';

export interface ActionInput {
  readonly required: boolean;
  readonly default?: Template;
  readonly deprecation?: string;
}

export interface NodeStages {
  readonly using: 'node';
  readonly main: string;
  readonly pre?: string;
  readonly preIf: string;
  readonly post?: string;
  readonly postIf: string;
}

export interface CompositeStages {
  readonly using: 'composite';
  readonly steps: readonly StepDefinition[];
  readonly outputs: ReadonlyArray<{ readonly name: string; readonly value: Template }>;
}

export interface ActionFile {
  readonly place: Place;
  /** Absolute path of the folder that holds the action.yml. */
  readonly directory: string;
  readonly name: string;
  readonly inputs: ReadonlyMap<string, ActionInput>;
  readonly runs: NodeStages | CompositeStages;
}

const readRuns = (root: Template, place: Place, directory: string): NodeStages | CompositeStages => {
  const runs = find(root, 'runs');
  const using = literal(find(runs, 'using')) ?? '';
  if (using.toLowerCase() === 'composite') {
    return {
      using: 'composite',
      steps: itemsOf(find(runs, 'steps')).map(readStep),
      outputs: entriesOf(find(root, 'outputs')).flatMap(({ key, value }) => {
        const text = find(value, 'value');
        return text === undefined ? [] : [{ name: key, value: text }];
      }),
    };
  }
  const at = find(runs, 'using')?.place ?? place;
  if (using !== 'node24') {
    throw unsupported(at, `\`using: ${using}\``, 'actions here run on node24 or are composite');
  }
  const stage = (key: string): string | undefined => {
    const file = literal(find(runs, key));
    if (file !== undefined && !existsSync(join(directory, file))) {
      throw new WorkflowError(find(runs, key)?.place ?? at, `The file "${file}" of \`${key}\` does not exist.`);
    }
    return file;
  };
  const main = stage('main');
  if (main === undefined) throw new WorkflowError(at, 'The action has no `main`.');
  const pre = stage('pre');
  const post = stage('post');
  return {
    using: 'node',
    main,
    ...(pre === undefined ? {} : { pre }),
    preIf: literal(find(runs, 'pre-if')) ?? 'always()',
    ...(post === undefined ? {} : { post }),
    postIf: literal(find(runs, 'post-if')) ?? 'always()',
  };
};

/** Returns the action in `directory`, or undefined when no action.yml lies there. `shown` is the folder as errors name it. */
export const readAction = async (directory: string, shown: string): Promise<ActionFile | undefined> => {
  const file = ['action.yml', 'action.yaml'].find((name) => existsSync(join(directory, name)));
  if (file === undefined) return undefined;
  const path = shown === '' || shown === '.' ? file : `${shown}/${file}`;
  const root = await parseActionTemplate(path, readFileSync(join(directory, file), 'utf8'));
  const inputs = entriesOf(find(root, 'inputs')).map(({ key, value }) => {
    const preset = find(value, 'default');
    const deprecation = literal(find(value, 'deprecationMessage'));
    const input: ActionInput = {
      required: literal(find(value, 'required')) === 'true',
      ...(preset === undefined ? {} : { default: preset }),
      ...(deprecation === undefined ? {} : { deprecation }),
    };
    return [key, input] as const;
  });
  return {
    place: root.place,
    directory,
    name: literal(find(root, 'name')) ?? shown,
    inputs: new Map(inputs),
    runs: readRuns(root, root.place, directory),
  };
};
