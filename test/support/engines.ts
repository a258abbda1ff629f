import { spawnSync } from 'node:child_process';
import { afterAll, describe, test } from '@jest/globals';
import { enginesRequired } from './engines-required.ts';

/** Passes what was started on, or where it could not be started the Error that says why. */
export const orError = <E>(starting: Promise<E>): Promise<E | Error> =>
  starting.catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))));

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

/**
 * Returns a `describe` with an engine, which is ended after the tests. Skipped where it is the Error that says why there is
 * none, but failed where it is required.
 */
export const describeWith =
  <E extends { close(): Promise<void> }>(kind: string) =>
  (engine: E | Error, title: string, body: (engine: E) => void): void => {
    if (engine instanceof Error) {
      without(kind, engine, title);
      return;
    }
    describe(title, () => {
      body(engine);
      // Hooks run in the order in which they are written: the tests' own come first.
      afterAll(() => engine.close());
    });
  };

type Body = () => void | Promise<void>;

/** As `test`, with what was looked for and found. Skipped where it was not, but failed where it is required. */
export const testWith =
  (kind: string, found: string | undefined) =>
  (title: string, body: Body): void => {
    if (found === undefined) without(kind, new Error('it was not found'), title);
    else test(title, body);
  };

const onPath = (program: string): string | undefined =>
  spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0 ? program : undefined;

/** The same with a program that is found by PATH. */
export const testWithProgram = (program: string, title: string, body: Body): void =>
  testWith(program, onPath(program))(title, body);

/** As `describe`, with a program that is found by PATH. */
export const describeWithProgram = (program: string, title: string, body: () => void): void => {
  if (onPath(program) === undefined) without(program, new Error('it is not on the PATH'), title);
  else describe(title, body);
};
