// A process of the connection test: it trusts what its environment says, reads twice and submits once.
const { readFileSync } = require('node:fs');
const Module = require('node:module');
const { join } = require('node:path');
const { transformSync } = require('@swc/core');

Module._extensions['.ts'] = (module, filename) => {
  const options = {
    filename,
    jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
    module: { type: 'commonjs' },
  };
  module._compile(transformSync(readFileSync(filename, 'utf8'), options).code, filename);
};

const { createDefender } = require(join(__dirname, '../../src/defender/client'));
const { localToken } = require(join(__dirname, '../../src/defender/token'));
const { silentLog } = require(join(__dirname, '../../src/lib/log'));
const { systemClock } = require(join(__dirname, '../../src/lib/clock'));

async function main() {
  const defender = createDefender({
    baseUrl: process.argv[2],
    token: localToken(),
    clock: systemClock,
    log: silentLog,
    timeouts: { longestWaitMs: 0 },
  });
  const said = [];
  const read = async () => {
    said.push(
      await defender.listLibrary().then(
        () => 'read',
        (error) => error.code,
      ),
    );
  };
  await read();
  await read();
  const outcome = await defender.runLiveResponse(process.argv[3], [{ type: 'GetFile', path: '/a' }], 'c');
  said.push(outcome.type, ...(outcome.type === 'notSent' ? [outcome.code] : []));
  console.log(said.join(' '));
}

main();
