import { spawnSync } from 'node:child_process';
import { describe, test } from '@jest/globals';
import { enginesRequired } from './engines-required.ts';

declare global {
  /** What environment.mjs does after a file of tests. */
  var atEnd: Array<() => Promise<void>> | undefined;
}

/**
 * Passes what was started on, or where it could not be started the Error that says why. It is ended after the file of
 * tests, also where none of them runs.
 */
export const orError = async <E extends { close(): Promise<void> }>(starting: Promise<E>): Promise<E | Error> => {
  try {
    const engine = await starting;
    globalThis.atEnd = [...(globalThis.atEnd ?? []), () => engine.close()];
    return engine;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
};

/** A test that throws `problem` where engines are required, else one that is skipped and says so. */
const without = (kind: string, problem: Error, title: string): void => {
  if (enginesRequired) {
    test(title, () => {
      throw problem;
    });
    return;
  }
  process.stdout.write(`There is no ${kind} here (${problem.message}): skipped "${title}".\n`);
  test.skip(`${title} (${problem.message})`, () => {});
};

/** Returns a `describe` with an engine. Skipped where it is the Error that says why there is none, but failed where it is required. */
export const describeWith =
  <E>(kind: string) =>
  (engine: E | Error, title: string, body: (engine: E) => void): void => {
    if (engine instanceof Error) {
      without(kind, engine, title);
      return;
    }
    describe(title, () => body(engine));
  };

type Body = () => void | Promise<void>;

/** As `test`, with what was looked for and found. Skipped where it was not, but failed where it is required. */
export const testWith =
  (kind: string, found: string | undefined) =>
  (title: string, body: Body): void => {
    if (found === undefined) without(kind, new Error('it was not found'), title);
    else test(title, body);
  };

const runnable = (program: string): string | undefined =>
  spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0 ? program : undefined;

/** The same with a program that is found by PATH. */
export const testWithProgram = (program: string, title: string, body: Body): void =>
  testWith(program, runnable(program))(title, body);

/** As `describe`, with a program that is found by PATH. */
export const describeWithProgram = (program: string, title: string, body: () => void): void =>
  describeWith<string>(program)(runnable(program) ?? new Error('it is not on the PATH'), title, body);
