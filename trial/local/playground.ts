import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../src/lib/clock';
import type { TrialPerson } from './people';
import { playgroundSettings, settingsFile } from './playground-settings';
import { type ProcessGroup, startGroup } from './process-group';
import { TrialError } from './trial-error';

/**
 * Run by npx and never a dependency: its licence lets everybody evaluate it, and nobody ship it (teams.md C1). Pinned, since its behaviour was
 * measured for this version.
 */
export const playgroundPackage = '@microsoft/m365agentsplayground@0.2.28';

/** One window of the Microsoft 365 Agents Playground: Teams as one person sees it. */
export interface Playground {
  readonly url: string;
  /** Resolves with a sentence when it ends without having been told to. */
  readonly died: Promise<string>;
  stop(): Promise<void>;
}

export interface PlaygroundOptions {
  /** Short name of the window; part of ids and of the folder's name. */
  readonly window: string;
  readonly person: TrialPerson;
  readonly port: number;
  readonly botPort: number;
  /** Where its settings and its log are written. */
  readonly dir: string;
  /** Tests only: what is run instead of npx, and settings that are not ours. */
  readonly command?: { readonly file: string; readonly args: readonly string[] };
  readonly settings?: string;
}

/** The first run fetches 15 MB from the registry. */
const startWithinMs = 180_000;

/** Starts a window and resolves once it shows its page. */
export async function startPlayground(options: PlaygroundOptions): Promise<Playground> {
  const { dir, window, person, port } = options;
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, settingsFile), options.settings ?? playgroundSettings(window, person));
  const { file, args } = options.command ?? {
    file: process.platform === 'win32' ? 'npx.cmd' : 'npx',
    args: ['--yes', '--prefer-offline', playgroundPackage],
  };
  const endpoint = `http://127.0.0.1:${options.botPort}/api/messages`;
  const group = startGroup(
    file,
    [...args, 'start', '-e', endpoint, '-c', 'msteams', '-p', String(port), '--disable-telemetry'],
    { cwd: dir },
  );
  const url = `http://localhost:${port}`;
  try {
    await waitUntilShown(group, url, options);
  } catch (error) {
    await group.stop();
    throw error;
  }
  let isStopping = false;
  return {
    url,
    died: group.ended.then(async () =>
      isStopping ? new Promise<never>(() => {}) : `${person.name}'s window ended. ${await reasonOf(group, dir)}`,
    ),
    async stop() {
      isStopping = true;
      await group.stop();
    },
  };
}

/** "Listening" alone proves nothing: it is printed before the settings are read, and a bad one ends the process after it (teams.md C2). */
async function waitUntilShown(group: ProcessGroup, url: string, options: PlaygroundOptions): Promise<void> {
  const { person, dir } = options;
  for (const until = systemClock.now() + startWithinMs; systemClock.now() < until; await sleep(100)) {
    if (group.hasEnded) throw new TrialError(`${person.name}'s window did not start. ${await reasonOf(group, dir)}`);
    const listening = /Listening on (\d+)/.exec(group.output)?.[1];
    if (listening === undefined) continue;
    if (listening !== String(options.port))
      throw new TrialError(
        `Port ${options.port} was taken by another program while ${person.name}'s window started. Stop that program, and start again.`,
      );
    if ((await answers(url)) && !group.hasEnded) return;
  }
  throw new TrialError(
    `${person.name}'s window did not start within ${startWithinMs / 1_000} seconds. Look at ${join(dir, 'devTools')}, and start again.`,
  );
}

const answers = (url: string): Promise<boolean> =>
  fetch(url, { signal: AbortSignal.timeout(2_000) }).then(
    (response) => response.body?.cancel().then(() => response.ok) ?? response.ok,
    () => false,
  );

/** Its own log knows most, then npm's errors. */
async function reasonOf(group: ProcessGroup, dir: string): Promise<string> {
  const code = await Promise.race([group.ended, sleep(100)]);
  const log = await readFile(join(dir, 'devTools', 'm365agentsplayground.log'), 'utf8').catch(() => '');
  const own = /^error Reason: (.+)$/m.exec(log)?.[1];
  if (own !== undefined) return `It says: ${own}`;
  const npm = /^npm (?:error|ERR!) code (\w+)$/m.exec(group.output)?.[1];
  if (npm !== undefined)
    return `npm could not get ${playgroundPackage} (${npm}). The first start needs the npm registry: check the connection or the proxy (npm config get registry), then start again.`;
  const last = group.output.trim().split('\n').at(-1) ?? '';
  return `It ended with code ${code ?? 'none'}${last === '' ? '' : ` after saying: ${last}`}. Start again; if it stays so, run npx ${playgroundPackage} --version by itself.`;
}
