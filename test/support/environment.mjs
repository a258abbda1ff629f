import { TestEnvironment } from 'jest-environment-node';

/**
 * Ends what a file of tests has started (`atEnd` of engines.ts) however the file ended. Hooks are not enough: where all
 * tests are skipped, or none has the name that was asked for, none runs.
 */
export default class extends TestEnvironment {
  async teardown() {
    for (const end of this.global.atEnd ?? []) await end();
    await super.teardown();
  }
}
