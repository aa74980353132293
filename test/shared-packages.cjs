const { readFileSync } = require('node:fs');
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
  'typescript',
]);

/** Tests of the sign-in set the environment and take the place of Microsoft's servers, which a package of the worker's own does not see. */
const signsIn = /local-issuer|local-microsoft|process\.env/;

/** It adds to the prototypes of Node's own http: a second copy in the worker would answer 200 for the errors of the first. */
const onceAWorker = 'restify';

/** Jest loads every package anew for each file of tests; these are loaded once a worker. */
class SharedPackages extends Runtime {
  constructor(...args) {
    super(...args);
    const testPath = args.find((arg) => typeof arg === 'string' && /\.test\.ts$/.test(arg));
    this.sharesPackages = testPath !== undefined && !signsIn.test(readFileSync(testPath, 'utf8'));
  }

  requireModuleOrMock(from, name) {
    const isShared = name === onceAWorker || (this.sharesPackages && shared.has(name));
    return isShared ? require(name) : super.requireModuleOrMock(from, name);
  }
}

module.exports = SharedPackages;
