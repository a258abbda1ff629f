export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/test/fixtures/'],
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/build/', '<rootDir>/test/fixtures/'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': '<rootDir>/test/support/strip-types.mjs' },
  // For what hangs. Whoever waits for processes waits for what they do: a machine under load takes ten times as long.
  testTimeout: 300_000,
  testSequencer: '<rootDir>/test/support/sequencer.mjs',
  // More than processors: rehearsals wait for what stands in for AWS, and others compute meanwhile.
  maxWorkers: 4,
  // Tests of built bundles wait for processes and for AWS, not for a processor.
  maxConcurrency: 6,
};
