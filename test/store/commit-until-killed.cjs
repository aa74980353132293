// A process of the crash test: commits request after request and says so after each, until it is killed.
const { readFileSync, writeSync } = require('node:fs');
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

const { openStore } = require(join(__dirname, '../../src/store/open'));
const { silentLog } = require(join(__dirname, '../../src/lib/log'));
const [, , path, name, sample] = process.argv;

async function main() {
  const store = await openStore({ url: `sqlite:${path}`, log: silentLog });
  for (let n = 0; ; n++) {
    const request = { ...JSON.parse(sample), id: `LR-${name}${n}` };
    await store.transact(async (tx) => {
      await tx.insertRequest(request);
      await tx.addWork(
        [1, 2, 3].map((attempt) => ({
          requestId: request.id,
          work: { type: 'submit', attempt },
          lane: null,
          dueAt: 0,
        })),
      );
      await tx.appendAudit({ at: n, requestId: request.id, actor: 'bot', what: 'asked', detail: { n } });
    });
    writeSync(1, `${request.id}\n`);
  }
}

main();
