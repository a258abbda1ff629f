import { createRequire } from 'node:module';

// Comes with jest, which does not hand it on.
const require = createRequire(createRequire(import.meta.url).resolve('jest'));
const { default: Sequencer } = createRequire(require.resolve('@jest/core'))('@jest/test-sequencer');

/** What lasts longest, longest first: begun late, one file alone would keep everybody waiting at the end. */
const LONG = [
  /\/rehearsal\/(strategies|adversity|broken-suites|releases)\.test/,
  /\/(conformance\/act|release\/dry-run)\.test/,
  /\/conformance\/docker-/,
  /\/rehearsal\/[^/]+\.test/,
  /\/ecs-deploy\/product\//,
  /\/build\//,
  /\/bundles\//,
  /\/(conformance|ecs-deploy|build-image|detect-changes)\//,
];

const rankOf = ({ path }) => {
  const found = LONG.findIndex((each) => each.test(path));
  return found < 0 ? LONG.length : found;
};

export default class extends Sequencer {
  sort(tests) {
    return [...super.sort(tests)].sort((a, b) => rankOf(a) - rankOf(b));
  }
}
