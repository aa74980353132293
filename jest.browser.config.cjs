/** `npm run test:browser`: needs a Chromium and, at the first run, the npm registry; `npm test` needs neither. */
const { projects, ...base } = require('./jest.config.cjs');

/** @type {import('jest').Config} */
module.exports = {
  ...base,
  ...projects[0],
  displayName: 'browser',
  testMatch: ['<rootDir>/test/browser/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 120_000,
  maxWorkers: 1,
};
