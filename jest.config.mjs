import { accessSync, constants, readFileSync, statfsSync } from 'node:fs';
import { devNull } from 'node:os';
import { enginesRequired } from './test/support/engines-required.ts';

const { env } = process;

/**
 * What CI alone runs, so that `npm test` ends within five minutes on two processors: each of these starts processes by the
 * hundred, and tries widely what others try at one or two points. All of it: `CI=true npm test`, or with a path behind it.
 */
const IN_CI_ALONE = [
  '/conformance/',
  '/rehearsal/(way-back|bake-time|flows|strategies|by-hand|adversity)\\.test',
  '/bundles/(run-migrations-(hangs|faults|containers)|ecs-deploy-(answers|signals|cancelled))\\.test',
  '/bundles/(build-image-scan|deployment-record-crowd|iam-policies)\\.test',
  '/ecs-deploy/product/(by-|gates|hooks|in-stages|settings|signals|three-services|two-runs)',
  '/ecs-deploy/(native-faults|skew|gate-grace|code-deploy|weighted)\\.test',
  '/deployment-record/(faults|outdated)\\.test',
  '/run-migrations/product\\.test',
  '/release/(publish|dry-run)\\.test',
  '/detect-changes/(events|histories|kinds|left-out)\\.test',
];

const SHARED_MEMORY = '/dev/shm';
const GIB = 2 ** 30;

/** Whether the memory that Linux lends as a folder is large, and programs may be started from it. */
const isRoomy = () => {
  try {
    accessSync(SHARED_MEMORY, constants.W_OK);
    const { bavail, bsize } = statfsSync(SHARED_MEMORY);
    const mount = readFileSync('/proc/mounts', 'utf8')
      .split('\n')
      .find((line) => line.split(' ')[1] === SHARED_MEMORY);
    return bavail * bsize > 4 * GIB && mount !== undefined && !mount.includes('noexec');
  } catch {
    return false;
  }
};

// Thousands of short-lived repositories on a disk cost a third of the time. Engines keep their data on a real one.
if (!enginesRequired && env.TMPDIR === undefined && isRoomy()) env.TMPDIR = SHARED_MEMORY;

// Tests make repositories of their own, in which nobody's signatures, hooks or line ends have a place.
Object.assign(env, { GIT_CONFIG_GLOBAL: devNull, GIT_CONFIG_NOSYSTEM: '1' });

export default {
  testEnvironment: '<rootDir>/test/support/environment.mjs',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/test/fixtures/', ...(enginesRequired ? [] : IN_CI_ALONE)],
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/build/', '<rootDir>/test/fixtures/'],
  cacheDirectory: '<rootDir>/node_modules/.cache/jest',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': '<rootDir>/test/support/strip-types.mjs' },
  // For what hangs. Whoever waits for processes waits for what they do: a machine under load takes ten times as long.
  testTimeout: 300_000,
  testSequencer: '<rootDir>/test/support/sequencer.mjs',
  // More than processors: rehearsals wait for what stands in for AWS, and others compute meanwhile.
  maxWorkers: 4,
  // To start a program costs a process ten times as much when it is large, and most tests start some.
  workerIdleMemoryLimit: '200MB',
  // Tests of built bundles wait for processes and for AWS, not for a processor.
  maxConcurrency: 6,
};
