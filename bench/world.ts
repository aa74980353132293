import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../src/lib/clock';
import { systemClock } from '../src/lib/clock';
import { ana, bo, cy } from '../test/fakes/fake-connector';
import { policyOf } from '../test/stories/stage';
import { type Emulator, startEmulator } from '../trial/defender/emulator';
import { addTrialWorld } from '../trial/defender/trial-world';

/** The clock of the fakes: instants with fractions of a millisecond, so that what the journals say is exact enough to subtract. */
export const fineClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  sleep: systemClock.sleep,
};

/** What every measurement stands on: files that go away, and a Defender without limits, since limits are not what is measured. */
export interface World {
  readonly emulator: Emulator;
  newDir(): Promise<string>;
  /** So many devices that nothing was sent to yet; gives the number of the first. */
  takeDevices(count: number): number;
  /** Where the service keeps what it keeps; fresh in each folder. */
  filesEnv(dir: string): Readonly<Record<string, string>>;
  trialEnv(dir: string): Readonly<Record<string, string>>;
  close(): Promise<void>;
}

export const deviceName = (index: number): string => `bench-${String(index).padStart(3, '0')}`;

export async function openWorld(): Promise<World> {
  const root = await mkdtemp(join(tmpdir(), 'lr-bench-'));
  const emulator = await startEmulator({ clock: fineClock, limits: boundless });
  addTrialWorld(emulator);
  let taken = 0;
  const policyFile = join(root, 'policy.yaml');
  await writeFile(policyFile, policyOf({ requesters: [ana, bo], approvers: [bo, cy] }));
  const filesEnv = (dir: string) => ({
    PORT: '0',
    DATABASE_URL: `sqlite:${join(dir, 'live-response.db')}`,
    POLICY_FILE: policyFile,
    EVIDENCE_DIR: join(dir, 'evidence'),
    DEFENDER_RUNS_PER_MINUTE: '1000',
    DEFENDER_SESSIONS: '1000',
  });
  return {
    emulator,
    newDir: () => mkdtemp(join(root, 'run-')),
    takeDevices(count) {
      const first = taken;
      // They are never reached, so that what is sent stays open and nothing moves beside the measurement.
      for (; taken < first + count; taken++)
        emulator.addDevice({
          machine: { computerDnsName: `${deviceName(taken)}.contoso.com` },
          offlineUntil: Number.POSITIVE_INFINITY,
        });
      return first;
    },
    filesEnv,
    trialEnv: (dir) => ({
      ...filesEnv(dir),
      LOCAL_TRIAL: '1',
      DEFENDER_API_URL: emulator.url,
      OPEN_REQUESTS_PER_PERSON: '1000',
    }),
    async close() {
      await emulator.stop();
      await rm(root, { recursive: true, force: true });
    },
  };
}

const boundless = {
  runsPerMinute: 1_000_000,
  sessions: 1_000_000,
  readsPerMinute: 1_000_000,
  readsPerHour: 1_000_000,
};
