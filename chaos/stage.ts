import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../src/lib/clock';
import { type Emulator, startEmulator } from '../trial/defender/emulator';
import { createConnector } from '../trial/teams/connector';
import type { Connector, ConnectorCall, ConnectorFault } from '../trial/teams/connector-port';
import { addWorld, channelId, everybody, policy, teamId, tenantId } from './cast';
import { type CommitGate, openCommitGate } from './commit-gate';
import { createFastClock, type FastTime, toEnvironment } from './fast-time';
import { type Gate, openGate } from './gate';
import type { ChaosOptions } from './options';
import type { Plan } from './plan';
import { Replica } from './replica';

/** Everything that a run consists of: the replicas with a gate each, Defender, Teams, and a folder for what they leave behind. */
export interface Stage {
  readonly clock: Clock;
  readonly startedAt: number;
  readonly dir: string;
  readonly evidenceDir: string;
  readonly databaseUrl: string;
  readonly emulator: Emulator;
  readonly connector: Connector;
  /** Asked for each call that the Connector gets, in order, until one gives a fault: first those that last, then those that end with the story. */
  readonly lastingTeamsFaults: FindTeamsFault[];
  readonly teamsFaults: FindTeamsFault[];
  readonly replicas: readonly Replica[];
  readonly gates: readonly Gate[];
  /** One a replica on PostgreSQL; none where a file is the store. */
  readonly commitGates: readonly CommitGate[];
  close(): Promise<void>;
}

export type FindTeamsFault = (call: ConnectorCall) => ConnectorFault | null;

export async function openStage(
  options: ChaosOptions,
  story: { readonly plan: Plan; readonly databaseUrl: string | null; readonly time: FastTime },
): Promise<Stage> {
  const { time, plan } = story;
  const clock = createFastClock(time);
  const dir = await mkdtemp(join(tmpdir(), 'lr-chaos-'));
  const evidenceDir = join(dir, 'evidence');
  await mkdir(evidenceDir);
  await writeFile(join(dir, 'policy.yaml'), policy);
  const databaseUrl = story.databaseUrl ?? `sqlite:${join(dir, 'live-response.db')}`;
  const emulator = await startEmulator({ clock, hiddenMs: plan.hiddenMs });
  addWorld(emulator);
  const lastingTeamsFaults: FindTeamsFault[] = [];
  const teamsFaults: FindTeamsFault[] = [];
  const connector = await createConnector({
    clock,
    enforceRates: true,
    tenantId,
    fault(call) {
      for (const find of [...lastingTeamsFaults, ...teamsFaults]) {
        const fault = find(call);
        if (fault !== null) return fault;
      }
      return null;
    },
  }).start();
  connector.addChannel(teamId, channelId);
  connector.addMembers(teamId, everybody);
  const gates: Gate[] = [];
  const commitGates: CommitGate[] = [];
  const replicas: Replica[] = [];
  for (let slot = 0; slot < options.replicas; slot++) {
    const gate = await openGate(emulator.url, clock);
    gates.push(gate);
    const commitGate = options.store === 'postgres' ? await openCommitGate(databaseUrl) : null;
    if (commitGate !== null) commitGates.push(commitGate);
    const steps = (plan.clocks[slot] ?? []).map(({ at, offMs }) => ({ at: time.since + at, offMs }));
    const env = {
      ...toEnvironment(time, steps),
      LOCAL_TRIAL: '1',
      DEFENDER_API_URL: gate.url,
      DATABASE_URL: commitGate?.url ?? databaseUrl,
      POLICY_FILE: join(dir, 'policy.yaml'),
      EVIDENCE_DIR: evidenceDir,
      TEAMS_TENANT_IDS: tenantId,
      OPEN_REQUESTS_PER_PERSON: '1000',
    };
    const logFile = join(dir, `replica-${slot + 1}.log`);
    replicas.push(new Replica({ slot, env, logFile, clock }));
  }
  return {
    clock,
    startedAt: clock.now(),
    dir,
    evidenceDir,
    databaseUrl,
    emulator,
    connector,
    lastingTeamsFaults,
    teamsFaults,
    replicas,
    gates,
    commitGates,
    async close() {
      await Promise.all(replicas.map((replica) => replica.close()));
      await Promise.all([...gates, ...commitGates].map((gate) => gate.close()));
      await emulator.stop();
      await connector.stop();
    },
  };
}
