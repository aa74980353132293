const { parentPort } = require('node:worker_threads');
const { PGlite } = require('@electric-sql/pglite');

/** Apart from the tests' thread: PGlite loads its parts by dynamic imports, which jest's modules cannot, and it works synchronously. */
const database = new PGlite();

parentPort.on('message', async ({ id, text, values }) => {
  try {
    const { rows, command, rowCount } = await database.query(text, values);
    parentPort.postMessage({ id, result: { rows, command, rowCount } });
  } catch (error) {
    parentPort.postMessage({ id, error: { message: error.message, code: error.code } });
  }
});
