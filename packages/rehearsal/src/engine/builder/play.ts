import { BuildError, UnsupportedError } from './build-error.ts';
import type { Instruction } from './dockerfile.ts';
import { FileTree } from './file-tree.ts';
import { playInstruction } from './instructions.ts';
import type { Stage } from './stage.ts';
import { copyConfig, emptyConfig } from './stage.ts';
import { expand, splitWords } from './words.ts';

export interface PlayOptions {
  readonly instructions: readonly Instruction[];
  readonly context: FileTree;
  readonly buildArgs: Readonly<Record<string, string>>;
  readonly target: string | undefined;
  /** `linux/amd64`. */
  readonly platform: string;
  /** Called before every instruction; `done` takes what was done instead, where it was not carried out. */
  readonly step: (instruction: Instruction, stage: string) => (remark?: string) => void;
  readonly warn: (text: string) => void;
}

const platformArgs = (platform: string): Record<string, string> => {
  const [os = '', architecture = ''] = platform.split('/');
  return {
    TARGETPLATFORM: platform,
    TARGETOS: os,
    TARGETARCH: architecture,
    BUILDPLATFORM: platform,
    BUILDOS: os,
    BUILDARCH: architecture,
  };
};

const parseFrom = ({ rest, flags, line }: Instruction, lookup: (name: string) => string | undefined) => {
  const [base = '', as, name, ...more] = expand(rest, lookup).split(/\s+/);
  if (base === '') throw new BuildError(`base name (${rest}) should not be blank`);
  if (more.length > 0 || (as !== undefined && (as.toLowerCase() !== 'as' || name === undefined))) {
    throw new BuildError(`dockerfile parse error on line ${line}: FROM requires either one or three arguments`);
  }
  const flag = Object.keys(flags).find((flag) => flag !== 'platform');
  if (flag) throw new UnsupportedError(`the stand-in builder does not support FROM --${flag} (line ${line}).`);
  return { base, name: name?.toLowerCase() };
};

/** Plays a Dockerfile's instructions over its stages and returns the stage that was asked for. No RUN is executed. */
export const playDockerfile = (options: PlayOptions): Stage => {
  const { buildArgs, context, target } = options;
  const predefined = platformArgs(options.platform);
  const globals = new Map(Object.entries(predefined));
  const consumed = new Set<string>();
  const stages: Stage[] = [];
  const findStage = (name: string): Stage | undefined =>
    stages.find((stage) => stage.name === name.toLowerCase()) ??
    (/^\d{1,3}$/.test(name) ? stages[Number(name)] : undefined);

  const declareArg = (rest: string, into: Map<string, string>, lookup: (name: string) => string | undefined): void => {
    for (const word of splitWords(rest)) {
      const [name = '', ...parts] = word.split('=');
      if (buildArgs[name] !== undefined) consumed.add(name);
      const fallback = parts.length > 0 ? expand(parts.join('='), lookup) : globals.get(name);
      const value = buildArgs[name] ?? fallback;
      if (value !== undefined) into.set(name, value);
    }
  };
  const surroundings = {
    context,
    findStage,
    declareArg: (rest: string, { args, config }: Stage) =>
      declareArg(rest, args, (name) => config.env.get(name) ?? args.get(name)),
  };

  const startStage = (instruction: Instruction): void => {
    const { base, name } = parseFrom(instruction, (variable) => globals.get(variable));
    const done = options.step(instruction, name ?? `stage-${stages.length}`);
    const parent = findStage(base);
    stages.push({
      name,
      base: parent ? parent.base : base,
      tree: parent ? parent.tree.copy() : new FileTree(),
      config: parent ? copyConfig(parent.config) : emptyConfig(),
      args: new Map(),
      skipped: [...(parent?.skipped ?? [])],
    });
    done(parent || base === 'scratch' ? undefined : `${base} is not pulled; the Node of this machine stands in`);
  };

  for (const instruction of options.instructions) {
    const stage = stages.at(-1);
    if (instruction.keyword === 'FROM') {
      if (target !== undefined && stage && findStage(target) === stage) break;
      startStage(instruction);
    } else if (stage) {
      const done = options.step(instruction, stage.name ?? `stage-${stages.length - 1}`);
      done(playInstruction(stage, instruction, surroundings));
    } else if (instruction.keyword === 'ARG') {
      declareArg(instruction.rest, globals, (name) => globals.get(name));
    } else {
      throw new BuildError(`dockerfile parse error on line ${instruction.line}: no build stage in current context`);
    }
  }
  const unused = Object.keys(buildArgs).filter((name) => !consumed.has(name));
  if (unused.length > 0) options.warn(`[Warning] One or more build-args [${unused.join(' ')}] were not consumed`);
  const stage = target === undefined ? stages.at(-1) : findStage(target);
  if (stage) return stage;
  throw new BuildError(
    target === undefined ? 'the Dockerfile has no build stage' : `target stage "${target}" could not be found`,
  );
};
