/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  // jest leaves one core idle, which is half of a small machine; and a worker that has grown large is slow.
  maxWorkers: '100%',
  workerIdleMemoryLimit: '700MB',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  // Real HTTP and real files on a busy two-core machine; the tests themselves hold the clock.
  testTimeout: 30_000,
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/browser/'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } },
    ],
  },
};
