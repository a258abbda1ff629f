import type { Entry, Mapping, Template } from './template.ts';
import { entriesOf, find, itemsOf, literal, literals, parseWorkflowTemplate } from './template.ts';
import type { Place } from './workflow-error.ts';
import { unsupported } from './workflow-error.ts';

export interface RunDefaults {
  readonly shell?: Template;
  readonly workingDirectory?: Template;
}

export interface StepDefinition {
  readonly place: Place;
  readonly id?: string;
  readonly name?: Template;
  readonly condition?: Template;
  readonly env?: Template;
  readonly continueOnError?: Template;
  readonly timeoutMinutes?: Template;
  readonly uses?: { readonly text: string; readonly place: Place };
  readonly with: readonly Entry[];
  readonly run?: Template;
  readonly shell?: Template;
  readonly workingDirectory?: Template;
}

export interface CallDefinition {
  readonly text: string;
  readonly place: Place;
  readonly with: readonly Entry[];
  readonly secrets: 'inherit' | readonly Entry[];
}

export interface JobDefinition {
  readonly id: string;
  readonly place: Place;
  readonly name?: Template;
  readonly needs: readonly string[];
  readonly condition?: Template;
  readonly strategy?: Template;
  readonly permissions?: Template;
  readonly concurrency?: Template;
  readonly environment?: Template;
  readonly env?: Template;
  readonly defaults: RunDefaults;
  readonly outputs: readonly Entry[];
  readonly services: readonly Entry[];
  readonly runsOn?: Template;
  readonly continueOnError?: Template;
  readonly timeoutMinutes?: Template;
  readonly cancelTimeoutMinutes?: Template;
  readonly steps: readonly StepDefinition[];
  /** The job calls a reusable workflow. */
  readonly call?: CallDefinition;
}

export interface WorkflowFile {
  /** Path in its repository, as shown in errors. */
  readonly file: string;
  readonly place: Place;
  readonly name: string;
  /** `run-name:`. */
  readonly runName?: Template;
  /** `on:` by event, in every form that it may be written in. */
  readonly triggers: ReadonlyMap<string, Template | undefined>;
  readonly env?: Template;
  readonly defaults: RunDefaults;
  readonly permissions?: Template;
  readonly concurrency?: Template;
  readonly jobs: readonly JobDefinition[];
}

/** What is refused by name, and what to do instead. */
const REFUSED_IN_STEPS = ['background', 'wait', 'wait-all', 'cancel', 'parallel'];
const REFUSED_IN_JOBS = ['container', 'snapshot'];

const refuse = (template: Template, keys: readonly string[], where: string): void => {
  for (const entry of entriesOf(template)) {
    if (keys.includes(entry.key)) throw unsupported(entry.place, `\`${entry.key}\` of a ${where}`);
  }
};

const optional = <K extends string>(key: K, value: Template | undefined): { [P in K]?: Template } =>
  (value === undefined ? {} : { [key]: value }) as { [P in K]?: Template };

const runDefaults = (template: Template | undefined): RunDefaults => {
  const run = find(find(template, 'defaults'), 'run');
  return { ...optional('shell', find(run, 'shell')), ...optional('workingDirectory', find(run, 'working-directory')) };
};

/** Returns a step of a job or of a composite action. */
export const readStep = (template: Template): StepDefinition => {
  refuse(template, REFUSED_IN_STEPS, 'step');
  const id = literal(find(template, 'id'));
  const uses = find(template, 'uses');
  const usesText = literal(uses);
  return {
    place: template.place,
    ...(id === undefined ? {} : { id }),
    ...optional('name', find(template, 'name')),
    ...optional('condition', find(template, 'if')),
    ...optional('env', find(template, 'env')),
    ...optional('continueOnError', find(template, 'continue-on-error')),
    ...optional('timeoutMinutes', find(template, 'timeout-minutes')),
    ...(uses === undefined || usesText === undefined ? {} : { uses: { text: usesText, place: uses.place } }),
    with: entriesOf(find(template, 'with')),
    ...optional('run', find(template, 'run')),
    ...optional('shell', find(template, 'shell')),
    ...optional('workingDirectory', find(template, 'working-directory')),
  };
};

const readCall = (template: Template): CallDefinition | undefined => {
  const uses = find(template, 'uses');
  const text = literal(uses);
  if (uses === undefined || text === undefined) return undefined;
  const secrets = find(template, 'secrets');
  return {
    text,
    place: uses.place,
    with: entriesOf(find(template, 'with')),
    secrets: literal(secrets) === 'inherit' ? 'inherit' : entriesOf(secrets),
  };
};

const readJob = ({ key, place, value }: Entry): JobDefinition => {
  refuse(value, REFUSED_IN_JOBS, 'job');
  const call = readCall(value);
  return {
    id: key,
    place,
    ...optional('name', find(value, 'name')),
    needs: literals(find(value, 'needs')),
    ...optional('condition', find(value, 'if')),
    ...optional('strategy', find(value, 'strategy')),
    ...optional('permissions', find(value, 'permissions')),
    ...optional('concurrency', find(value, 'concurrency')),
    ...optional('environment', find(value, 'environment')),
    ...optional('env', find(value, 'env')),
    defaults: runDefaults(value),
    outputs: entriesOf(find(value, 'outputs')),
    services: entriesOf(find(value, 'services')),
    ...optional('runsOn', find(value, 'runs-on')),
    ...optional('continueOnError', find(value, 'continue-on-error')),
    ...optional('timeoutMinutes', find(value, 'timeout-minutes')),
    ...optional('cancelTimeoutMinutes', find(value, 'cancel-timeout-minutes')),
    steps: itemsOf(find(value, 'steps')).map(readStep),
    ...(call === undefined ? {} : { call }),
  };
};

const readTriggers = (root: Mapping): Map<string, Template | undefined> => {
  const on = find(root, 'on');
  if (on?.kind === 'mapping') return new Map(on.entries.map(({ key, value }) => [key, value]));
  return new Map(literals(on).map((name) => [name, undefined]));
};

/** Returns the workflow that `content` spells. Throws WorkflowError where it is wrong or not supported. */
export const readWorkflow = async (file: string, content: string): Promise<WorkflowFile> => {
  const root = await parseWorkflowTemplate(file, content);
  return {
    file,
    place: root.place,
    name: literal(find(root, 'name')) ?? file,
    ...optional('runName', find(root, 'run-name')),
    triggers: readTriggers(root),
    ...optional('env', find(root, 'env')),
    defaults: runDefaults(root),
    ...optional('permissions', find(root, 'permissions')),
    ...optional('concurrency', find(root, 'concurrency')),
    jobs: entriesOf(find(root, 'jobs')).map(readJob),
  };
};
