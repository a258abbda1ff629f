import { posix } from 'node:path';
import { UnsupportedError } from './build-error.ts';
import { copyInto } from './copy.ts';
import { linkDependencies } from './dependencies.ts';
import type { Instruction } from './dockerfile.ts';
import { parseExecForm } from './dockerfile.ts';
import type { FileTree } from './file-tree.ts';
import { parseHealthcheck } from './healthcheck.ts';
import type { Stage } from './stage.ts';
import { expand, parsePairs, splitWords } from './words.ts';

/** What an instruction may look at outside its stage. */
export interface Surroundings {
  readonly context: FileTree;
  findStage(name: string): Stage | undefined;
  declareArg(rest: string, stage: Stage): void;
}

const installs = /(^|\s)(pnpm|npm|yarn)\s+(install|ci|i)\b/;
const installsGlobally = /\s(-g|--global|--location=global)\b/;

/** Says what is done instead of a RUN. An install of dependencies is known by its command; everything else is left out. */
const insteadOfRun = (stage: Stage, instruction: Instruction): string => {
  const install = instruction.rest
    .split(/&&|\|\||;/)
    .find((part) => installs.test(part) && !installsGlobally.test(part));
  if (install === undefined) {
    stage.skipped.push(instruction);
    return 'not executed';
  }
  const { manifests, packages } = linkDependencies(stage.tree, stage.config.workdir);
  return `not executed; ${packages} packages of ${manifests} package.json files are linked instead`;
};

const commandOf = (rest: string): readonly string[] => parseExecForm(rest) ?? ['/bin/sh', '-c', rest];

const copy = (stage: Stage, instruction: Instruction, rest: string, surroundings: Surroundings): void => {
  const name = instruction.flags.from;
  const stageOfIt = name === undefined ? undefined : surroundings.findStage(name);
  const source = name === undefined ? surroundings.context : stageOfIt?.tree;
  if (!source) {
    throw new UnsupportedError(
      `the stand-in builder pulls no images: ${instruction.keyword} --from=${name} (line ${instruction.line}) names no stage.`,
    );
  }
  const [skipped] = stageOfIt?.skipped ?? [];
  const why = skipped && `\nWhy: a rehearsal executes no RUN, such as that of line ${skipped.line}, which may make it.`;
  const hint = why && `${why}\nNext: --engine docker builds it as Docker does.`;
  copyInto({ into: stage.tree, from: source, workdir: stage.config.workdir, hint }, instruction, rest);
};

const pairs = (into: Map<string, string>, rest: string, { line, keyword }: Instruction): void => {
  for (const [name, value] of parsePairs(rest, line, keyword)) into.set(name, value);
};

/** Carries out one instruction of a stage. Returns what was done instead, where it was not carried out. */
export const playInstruction = (
  stage: Stage,
  instruction: Instruction,
  surroundings: Surroundings,
): string | undefined => {
  const { config, tree } = stage;
  const { keyword, line } = instruction;
  // The shell or the program replaces variables in these at run time, not the builder.
  const literal = ['RUN', 'CMD', 'ENTRYPOINT', 'HEALTHCHECK', 'ARG'].includes(keyword);
  const lookup = (name: string) => config.env.get(name) ?? stage.args.get(name);
  const rest = literal ? instruction.rest : expand(instruction.rest, lookup);
  switch (keyword) {
    case 'ARG':
      surroundings.declareArg(rest, stage);
      return undefined;
    case 'ENV':
      pairs(config.env, rest, instruction);
      return undefined;
    case 'LABEL':
      pairs(config.labels, rest, instruction);
      return undefined;
    case 'WORKDIR':
      config.workdir = posix.resolve(config.workdir, rest);
      tree.set(config.workdir, { type: 'directory' });
      return undefined;
    case 'COPY':
    case 'ADD':
      copy(stage, instruction, rest, surroundings);
      return undefined;
    case 'RUN':
      return insteadOfRun(stage, instruction);
    case 'USER':
      config.user = rest;
      return undefined;
    case 'EXPOSE':
      for (const port of splitWords(rest)) config.exposed.add(port.includes('/') ? port : `${port}/tcp`);
      return undefined;
    case 'ENTRYPOINT':
      config.entrypoint = commandOf(rest);
      config.cmd = [];
      return undefined;
    case 'CMD':
      config.cmd = commandOf(rest);
      return undefined;
    case 'HEALTHCHECK':
      config.healthcheck = parseHealthcheck(instruction);
      return undefined;
    case 'STOPSIGNAL':
      config.stopSignal = rest;
      return undefined;
    case 'VOLUME':
    case 'MAINTAINER':
      return 'ignored';
    default:
      throw new UnsupportedError(`the stand-in builder does not support ${keyword} (line ${line}).`);
  }
};
