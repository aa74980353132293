import { readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseConfig } from '../../src/config';
import { type Clock, systemClock } from '../../src/lib/clock';
import type { Log } from '../../src/lib/log';
import { makeFolder } from '../../src/lib/make-folder';
import { once } from '../../src/lib/once';
import { systemRandom } from '../../src/lib/random';
import { type Service, startService } from '../../src/service';
import { type Emulator, startEmulator } from '../defender/emulator';
import { addTrialWorld } from '../defender/trial-world';
import { requireFreePorts } from './free-port';
import { ana, bo, trialTenantId } from './people';
import { type Playground, startPlayground } from './playground';
import { TrialError } from './trial-error';

export interface TrialOptions {
  readonly botPort: number;
  /** Ana's window; Bo's is on the next one. */
  readonly firstWindowPort: number;
  /** Everything that the trial writes; emptied at the start. */
  readonly dir: string;
  readonly policyFile: string;
  readonly log: Log;
  /** Of the emulator and the service; the machine's unless given. */
  readonly clock?: Clock;
  /** Told before each part that takes a moment. */
  readonly say?: (text: string) => void;
}

/** Everything that `npm run local` starts, on this machine only. */
export interface Trial {
  readonly anaUrl: string;
  readonly boUrl: string;
  readonly emulator: Emulator;
  readonly service: Service;
  /** Resolves with a sentence when a part of it ended by itself. */
  readonly died: Promise<string>;
  /** Ends all of it; a second call waits for the first. */
  stop(): Promise<void>;
}

/** Starts emulator, service and both windows, or throws and leaves nothing running. */
export async function startTrial(options: TrialOptions): Promise<Trial> {
  const { botPort, firstWindowPort, dir, clock = systemClock, say = () => {} } = options;
  await requireFreePorts([
    { port: botPort, host: '127.0.0.1', what: 'the bot', variable: 'PORT' },
    { port: firstWindowPort, host: '::', what: "Ana's window", variable: 'PLAYGROUND_PORT' },
    {
      port: firstWindowPort + 1,
      host: '::',
      what: "Bo's window (the port after Ana's)",
      variable: 'PLAYGROUND_PORT',
    },
  ]);
  // The emulator and the Playground forget everything when they end; a database that remembers would only confuse.
  await rm(dir, { recursive: true, force: true });
  await makeFolder(dir);
  const started: Part[] = [];
  const windows: Part[] = [];
  const stop = once(async () => {
    await Promise.all(windows.map((window) => window.stop()));
    for (const part of started.reverse()) await part.stop();
  });
  const keep = <T extends Part>(part: T): T => {
    started.push(part);
    return part;
  };
  try {
    const emulator = keep(await startEmulator({ clock }));
    addTrialWorld(emulator);
    const service = keep(await startTrialService(options, emulator.url));
    say('Starting two windows of the Microsoft 365 Agents Playground (the first time, npm fetches it: 15 MB) ...');
    const openWindow = async (window: string, person: typeof ana, port: number): Promise<Playground> => {
      const opened = await startPlayground({ window, person, port, botPort: service.port, dir: join(dir, window) });
      windows.push(opened);
      return opened;
    };
    // One after the other: two npx at once would write the same folder of npm's cache at the first run.
    const anaWindow = await openWindow('ana', ana, firstWindowPort);
    const boWindow = await openWindow('bo', bo, firstWindowPort + 1);
    return {
      anaUrl: anaWindow.url,
      boUrl: boWindow.url,
      emulator,
      service,
      died: Promise.race([anaWindow.died, boWindow.died]),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Part {
  stop(): Promise<void>;
}

async function startTrialService(options: TrialOptions, defenderUrl: string): Promise<Service> {
  const { botPort, dir, policyFile, log, clock = systemClock } = options;
  const config = parseConfig({
    LOCAL_TRIAL: '1',
    PORT: String(botPort),
    DEFENDER_API_URL: defenderUrl,
    DATABASE_URL: `sqlite:${join(dir, 'live-response.db')}`,
    EVIDENCE_DIR: join(dir, 'evidence'),
    POLICY_FILE: policyFile,
    TEAMS_TENANT_IDS: trialTenantId,
  });
  if (!config.ok) throw new TrialError(config.error.join('\n'));
  return startService({ config: config.value, clock, random: systemRandom, log });
}

/** True when the trial's people may ask and approve under this policy; people who put their own there would wonder why nobody may. */
export async function knowsTrialPeople(policyFile: string): Promise<boolean> {
  const text = await readFile(resolve(policyFile), 'utf8').catch(() => '');
  return [ana, bo].every((person) => text.includes(person.aadObjectId));
}
