import { afterAll, describe, test } from '@jest/globals';
import type { PrivateDocker } from './private-docker.ts';
import { startPrivateDocker } from './private-docker.ts';

const required = process.env.CI === 'true' || process.env.REQUIRE_ENGINES === '1';

/** Starts an Engine for a file of tests; where none can be started it is the Error that says why. */
export const theDocker = (): Promise<PrivateDocker | Error> =>
  startPrivateDocker().catch((error) => (error instanceof Error ? error : new Error(String(error))));

/** As `describe`, with a real Engine, which is ended after the tests. Skipped without one, but failed where it is required. */
export const describeWithDocker = (
  docker: PrivateDocker | Error,
  title: string,
  body: (docker: PrivateDocker) => void,
): void => {
  if (!(docker instanceof Error)) {
    describe(title, () => {
      body(docker);
      // Hooks run in the order in which they are written: the tests' own come first.
      afterAll(() => docker.close());
    });
    return;
  }
  process.stdout.write(`No Docker Engine can be started here (${docker.message}): no conformance test of ${title}.\n`);
  if (required) {
    test(title, () => {
      throw docker;
    });
  } else {
    test.skip(`${title} (${docker.message})`, () => {});
  }
};
