// Runs what the README tells a newcomer to type, in a clean copy of the last commit: a command until it ends, a server until both its windows answer.
// `npm test` is left out, since whoever calls this has just run it.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const patienceMs = 600_000;
const copy = mkdtempSync(join(tmpdir(), 'readme-'));
const blocks = [...readFileSync('README.md', 'utf8').matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block]) => block);
const lines = blocks.flatMap((block) => block.trim().split('\n')).map((line) => line.replace(/ && npm test$/, ''));

try {
  run(`git clone --quiet . ${copy}`, process.cwd());
  for (const line of new Set(lines)) {
    console.log(`$ ${line}`);
    if (line.endsWith('npm run local')) await serve(line);
    else run(line, copy);
  }
} finally {
  rmSync(copy, { recursive: true, force: true });
}

function run(line, cwd) {
  const { status } = spawnSync('bash', ['-c', line], {
    cwd,
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: patienceMs,
  });
  if (status !== 0) throw new Error(`"${line}" ended with ${status}.`);
}

/** Until every address that it prints answers; then Ctrl-C must end all of it. */
async function serve(line) {
  const server = spawn('bash', ['-c', `exec 2>&1; ${line}`], {
    cwd: copy,
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = new Promise((resolve) => server.once('exit', (code, signal) => resolve(signal ?? code)));
  let said = '';
  for await (const chunk of server.stdout) {
    said += chunk;
    if (/^Ready after/m.test(said)) break;
  }
  const addresses = [...new Set(said.match(/http:\/\/[\w.:/-]+/g) ?? [])];
  if (addresses.length < 2) throw new Error(`"${line}" named no two windows:\n${said}`);
  for (const address of addresses) {
    const { status } = await fetch(address);
    if (status >= 500) throw new Error(`${address} answered ${status}.`);
    console.log(`  ${address} answers ${status}`);
  }
  process.kill(-server.pid, 'SIGINT');
  const end = await ended;
  // A shell whose command was ended by Ctrl-C ends by the signal as well.
  if (end !== 0 && end !== 'SIGINT') throw new Error(`"${line}" ended with ${end} after Ctrl-C.`);
  for (const address of addresses)
    if (
      await fetch(address).then(
        () => true,
        () => false,
      )
    )
      throw new Error(`${address} still answers after Ctrl-C.`);
}
