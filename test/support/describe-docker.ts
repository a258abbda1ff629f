import { afterAll, describe, test } from '@jest/globals';
import type { PrivateBuildKit } from './private-buildkit.ts';
import { startPrivateBuildKit } from './private-buildkit.ts';
import type { PrivateDocker } from './private-docker.ts';
import { startPrivateDocker } from './private-docker.ts';

const required = process.env.CI === 'true' || process.env.REQUIRE_ENGINES === '1';

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

/** Starts an Engine for a file of tests; where none can be started it is the Error that says why. */
export const theDocker = (): Promise<PrivateDocker | Error> => startPrivateDocker().catch(asError);

/** Starts a BuildKit and a registry for a file of tests; where that cannot be it is the Error that says why. */
export const theBuildKit = (mirror?: string): Promise<PrivateBuildKit | Error> =>
  startPrivateBuildKit(mirror).catch(asError);

/** As `describe`, with a real engine, which is ended after the tests. Skipped without one, but failed where it is required. */
const describeWith =
  <E extends { close(): Promise<void> }>(kind: string) =>
  (engine: E | Error, title: string, body: (engine: E) => void): void => {
    if (!(engine instanceof Error)) {
      describe(title, () => {
        body(engine);
        // Hooks run in the order in which they are written: the tests' own come first.
        afterAll(() => engine.close());
      });
      return;
    }
    process.stdout.write(`No ${kind} can be started here (${engine.message}): no conformance test of ${title}.\n`);
    if (required) {
      test(title, () => {
        throw engine;
      });
    } else {
      test.skip(`${title} (${engine.message})`, () => {});
    }
  };

export const describeWithDocker = describeWith<PrivateDocker>('Docker Engine');
export const describeWithBuildKit = describeWith<PrivateBuildKit>('BuildKit');
