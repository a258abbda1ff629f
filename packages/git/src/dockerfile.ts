import type { Instruction } from './dockerfile-syntax.ts';
import { instructionsOf, jsonWords, splitFlags, wordsOf } from './dockerfile-syntax.ts';

/** What a Dockerfile takes from its build context. */
export interface ContextSources {
  /** Paths and globs below the context, without a leading `./` or `/`; `.` is the whole context. */
  readonly sources: readonly string[];
  /** Why a source could not be told, so that the whole context has to count; undefined when all could. */
  readonly unsure: string | undefined;
}

export interface BuildSettings {
  /** The stage that is built; undefined for the last one. */
  readonly target?: string | undefined;
  /** They win over the defaults of ARG. An undefined value is one that is given but not known. */
  readonly buildArgs?: Readonly<Record<string, string | undefined>>;
}

type Variables = Map<string, string | undefined>;

interface Stage {
  readonly name: string | undefined;
  /** ENV wins over ARG, wherever it stands. */
  readonly env: Variables;
  readonly args: Variables;
  readonly sources: Set<string>;
  /** Names, in lower case, or numbers of other stages that this one may be made of. */
  readonly uses: Set<string>;
  /** The same as they are written: stages and images. */
  readonly from: Set<string>;
  unsure: string | undefined;
}

const VARIABLE = /\$(?:\{([A-Za-z_]\w*)(?:(:?[-+])([^}]*))?\}|([A-Za-z_]\w*))/g;

/** Returns `text` with variables filled in, or undefined when one is not known or is asked for in another form. */
const expand = (text: string, lookUp: (name: string) => string | undefined): string | undefined => {
  let known = true;
  const expanded = text.replace(VARIABLE, (_, braced?: string, operator?: string, word = '', plain?: string) => {
    const value = lookUp(braced ?? plain ?? '');
    if (operator?.endsWith('-')) return value || word;
    if (operator?.endsWith('+')) return value ? word : '';
    if (value === undefined) known = false;
    return value ?? '';
  });
  return known && !expanded.includes('$') ? expanded : undefined;
};

const valueIn = (stage: Stage) => (name: string) => (stage.env.has(name) ? stage.env.get(name) : stage.args.get(name));

const NOT_FROM_CONTEXT = /^(?:https?:\/\/|git@|<<)/;

interface Taken {
  readonly sources: readonly string[];
  /** Stages that are read from. */
  readonly from: readonly string[];
}

const copied = ({ rest }: Instruction): Taken => {
  const { flags, rest: operands } = splitFlags(rest);
  const from = flags.filter((flag) => flag.startsWith('--from=')).map((flag) => flag.slice('--from='.length));
  if (from.length > 0) return { sources: [], from };
  const words = jsonWords(operands) ?? wordsOf(operands);
  return { sources: words.slice(0, -1).filter((word) => !NOT_FROM_CONTEXT.test(word)), from: [] };
};

/** A bind mount is the default kind and reads from the context unless it names a stage. */
const mounted = ({ rest }: Instruction): Taken => {
  const sources: string[] = [];
  const from: string[] = [];
  for (const flag of splitFlags(rest).flags) {
    if (!flag.startsWith('--mount=')) continue;
    const pairs = flag.slice('--mount='.length).split(',');
    const options = new Map(pairs.map((pair) => [pair.split('=', 1)[0] ?? '', pair.slice(pair.indexOf('=') + 1)]));
    const stage = options.get('from');
    if (stage !== undefined) from.push(stage);
    else if ((options.get('type') ?? 'bind') === 'bind') {
      sources.push(options.get('source') ?? options.get('src') ?? '.');
    }
  }
  return { sources, from };
};

const NOTHING: Taken = { sources: [], from: [] };

const takenBy = (instruction: Instruction): Taken => {
  if (instruction.name === 'COPY' || instruction.name === 'ADD') return copied(instruction);
  return instruction.name === 'RUN' ? mounted(instruction) : NOTHING;
};

const normalize = (source: string): string =>
  source
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/') || '.';

const read = (stage: Stage, instruction: Instruction) => {
  const { sources, from } = takenBy(instruction);
  for (const name of from) {
    stage.uses.add(name.toLowerCase());
    stage.from.add(name);
  }
  for (const source of sources) {
    const path = expand(source, valueIn(stage));
    const where = `the source "${source}" of ${instruction.name}`;
    if (path === undefined) stage.unsure ??= `${where} holds a variable without a value`;
    else if (path.split('/').includes('..')) stage.unsure ??= `${where} leads upwards`;
    else stage.sources.add(normalize(path));
  }
};

const declare = (
  stage: Stage,
  { name, rest }: Instruction,
  inherited: Variables,
  given: BuildSettings['buildArgs'],
) => {
  for (const word of wordsOf(rest)) {
    const at = word.indexOf('=');
    const variable = at < 0 ? word : word.slice(0, at);
    const value = at < 0 ? undefined : expand(word.slice(at + 1), valueIn(stage));
    if (name === 'ENV') stage.env.set(variable, value);
    else if (given && Object.hasOwn(given, variable)) stage.args.set(variable, given[variable]);
    else stage.args.set(variable, at < 0 ? inherited.get(variable) : value);
  }
};

const newStage = (name: string | undefined, parent?: Stage): Stage => ({
  name,
  env: new Map(parent?.env),
  args: new Map(parent?.args),
  sources: new Set(),
  uses: new Set(),
  from: new Set(),
  unsure: undefined,
});

const stageOf = (stages: readonly Stage[], name: string): Stage | undefined =>
  stages.findLast((stage) => stage.name === name) ?? (/^\d+$/.test(name) ? stages[Number(name)] : undefined);

/** FROM takes an image, or an earlier stage with all that it is made of. */
const beginStage = ({ rest }: Instruction, stages: readonly Stage[], globals: Stage): Stage => {
  const [image = '', as, name] = wordsOf(splitFlags(rest).rest);
  const written = expand(image, valueIn(globals)) ?? image;
  const from = written.toLowerCase();
  const stage = newStage(as?.toLowerCase() === 'as' ? name?.toLowerCase() : undefined, stageOf(stages, from));
  stage.uses.add(from);
  stage.from.add(written);
  return stage;
};

/** The stages that the build runs: the target and all that it is made of; all of them when that cannot be told. */
const stagesBuilt = (stages: readonly Stage[], target: string | undefined): readonly Stage[] => {
  const last = target === undefined ? stages.at(-1) : stageOf(stages, target.toLowerCase());
  if (!last) return stages;
  const built = new Set([last]);
  for (const stage of built) {
    for (const name of stage.uses) {
      if (name.includes('$')) return stages;
      const other = stageOf(stages, name);
      if (other) built.add(other);
    }
  }
  return [...built];
};

interface ReadDockerfile {
  readonly globals: Stage;
  readonly stages: readonly Stage[];
  readonly built: readonly Stage[];
  readonly unclosed: string | undefined;
}

const readStages = (dockerfile: string, { target, buildArgs }: BuildSettings): ReadDockerfile => {
  const { instructions, unclosed } = instructionsOf(dockerfile);
  const globals = newStage(undefined);
  const stages: Stage[] = [];
  let current = globals;
  for (const instruction of instructions) {
    if (instruction.name === 'FROM') {
      current = beginStage(instruction, stages, globals);
      stages.push(current);
    } else if (instruction.name === 'ARG' || instruction.name === 'ENV') {
      declare(current, instruction, globals.args, buildArgs);
    } else read(current, instruction);
  }
  return { globals, stages, built: stagesBuilt(stages, target), unclosed };
};

/**
 * Returns what COPY, ADD and RUN --mount read from the build context, in the stages that the build runs. A variable that
 * is not known, or a path that leads upwards, makes the answer unsure.
 */
export const contextSources = (dockerfile: string, settings: BuildSettings = {}): ContextSources => {
  const { globals, built: stages, unclosed } = readStages(dockerfile, settings);
  const built = [globals, ...stages];
  const unsure = unclosed === undefined ? undefined : `the here-document "${unclosed}" has no end`;
  return {
    sources: [...new Set(built.flatMap((stage) => [...stage.sources]))],
    unsure: unsure ?? built.find((stage) => stage.unsure !== undefined)?.unsure,
  };
};

/**
 * Returns the images that the build starts from or copies from, as they are written and with arguments filled in; stages
 * and `scratch` are none. One that holds a variable without a value is returned with it.
 */
export const baseImages = (dockerfile: string, settings: BuildSettings = {}): string[] => {
  const { stages, built } = readStages(dockerfile, settings);
  const names = built.flatMap((stage) => [...stage.from]);
  return [...new Set(names)].filter((name) => name !== 'scratch' && stageOf(stages, name.toLowerCase()) === undefined);
};
