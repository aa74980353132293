import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { join } from 'node:path';
import type { Section } from './report';
import { nowMs } from './wire';
import type { World } from './world';

/** From the start of the process to its first healthy answer, beside a process that only loads the same packages. */
export async function measureColdStart(
  world: World,
  { rounds, service }: { readonly rounds: number; readonly service: string },
): Promise<Section> {
  const entries = await listPackages(world, service);
  const bare = join(await world.newDir(), 'bare.cjs');
  await writeFile(bare, `for (const file of ${JSON.stringify(entries)}) require(file);\nprocess.send('loaded');\n`);
  const empty = join(await world.newDir(), 'empty.cjs');
  await writeFile(empty, `process.send('loaded');\n`);

  const ours: number[] = [];
  const loading: number[] = [];
  const node: number[] = [];
  // One start of each first, so that all of them find their files in memory.
  for (let round = -1; round < rounds; round++) {
    const times = [await startService(world, service), await startBare(world, bare), await startBare(world, empty)];
    if (round < 0) continue;
    ours.push(times[0] as number);
    loading.push(times[1] as number);
    node.push(times[2] as number);
  }
  return {
    title: 'Cold start',
    how: `From the spawn of \`node dist/index.js\` with an empty store to 200 at /healthz, beside a process that only requires the same packages: the ${entries.length} files outside of this project that the running service's own modules have required, in that order, read from its module cache. Files are in the page cache; ${rounds} rounds.`,
    rows: [
      {
        what: 'start to healthy',
        unit: 'ms',
        ours,
        against: { what: 'bare require', values: loading },
        target: { type: 'atMost', value: 1.25, of: 'ratio' },
      },
      { what: 'an empty Node process', unit: 'ms', ours: node, against: null, target: null },
    ],
  };
}

async function startService(world: World, service: string): Promise<number> {
  const dir = await world.newDir();
  const startedAt = nowMs();
  const child = spawn(process.execPath, [service], {
    cwd: dir,
    env: { PATH: process.env.PATH ?? '', ...world.trialEnv(dir) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await healthy(await portOf(child));
  const took = nowMs() - startedAt;
  await kill(child);
  return took;
}

async function startBare(world: World, file: string): Promise<number> {
  const startedAt = nowMs();
  const child = spawn(process.execPath, [file], {
    cwd: await world.newDir(),
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  await once(child, 'message');
  const took = nowMs() - startedAt;
  await kill(child);
  return took;
}

/** The files of packages that the running service has required from its own modules, in the order in which it did. */
async function listPackages(world: World, service: string): Promise<readonly string[]> {
  const dir = await world.newDir();
  const child = spawn(process.execPath, ['-r', join(__dirname, 'programs', 'module-list.js'), service], {
    cwd: dir,
    env: { PATH: process.env.PATH ?? '', ...world.trialEnv(dir) },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  await healthy(await portOf(child));
  child.send('modules');
  const [entries] = (await once(child, 'message')) as [readonly string[]];
  await kill(child);
  if (entries.length < 10) throw new Error(`The service seems to have loaded only ${entries.length} packages.`);
  return entries;
}

/** The port that the service says it listens on. */
function portOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let said = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      said += chunk.toString('utf8');
      const port = /"port":(\d+).*is listening/.exec(said)?.[1];
      if (port !== undefined) resolve(Number(port));
    });
    child.once('exit', (code) => reject(new Error(`The service ended with ${code}: ${said}`)));
  });
}

const healthy = (port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    get(`http://127.0.0.1:${port}/healthz`, { agent: false }, (answer) => {
      answer.resume();
      if (answer.statusCode === 200) answer.on('end', () => resolve());
      else reject(new Error(`/healthz answered ${answer.statusCode}.`));
    }).on('error', reject);
  });

async function kill(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}
