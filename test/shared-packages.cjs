const Runtime = require('jest-runtime').default;

/** Packages that take seconds to load, hold no state of ours, and are the same for every test. */
const shared = new Set([
  '@azure/identity',
  '@microsoft/teams-ai',
  '@microsoft/teams-ai/lib/Application',
  '@microsoft/teams-ai/lib/TeamsAdapter',
  'adaptivecards-templating',
  'adaptivecards',
  'adaptive-expressions',
  'ajv',
  'ajv-formats',
  'botbuilder',
  'fast-check',
  'kysely',
  'pg',
  'restify',
  'typescript',
]);

/** Jest loads every package anew for each file of tests; these are loaded once a worker. */
class SharedPackages extends Runtime {
  requireModuleOrMock(from, name) {
    return shared.has(name) ? require(name) : super.requireModuleOrMock(from, name);
  }
}

module.exports = SharedPackages;
