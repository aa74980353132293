import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseConfig } from '../../src/config';
import type { Clock } from '../../src/lib/clock';
import { silentLog } from '../../src/lib/log';
import { systemRandom } from '../../src/lib/random';
import { startService } from '../../src/service';
import { type Emulator, startEmulator } from '../defender/emulator';
import { addTrialWorld } from '../defender/trial-world';
import { createConnector } from '../teams/connector';
import { createTeamsClient, type TeamsClient } from '../teams/connector-people';
import type { Connector, TeamsPerson } from '../teams/connector-port';

/** The bot as it is served, with Defender's emulator and a local Connector around it, all over HTTP on ports of this machine. */
export interface Stage {
  readonly clock: Clock;
  readonly emulator: Emulator;
  readonly connector: Connector;
  readonly teams: TeamsClient;
  /** Where the bot keeps what it collected. */
  readonly evidenceDir: string;
  readonly databaseUrl: string;
  /** Ends all that was started and removes all files. */
  close(): Promise<void>;
}

export const ana: TeamsPerson = {
  id: '29:ana',
  aadObjectId: 'a0000000-0000-4000-8000-000000000001',
  name: 'Ana Analyst',
};
export const bo: TeamsPerson = {
  id: '29:bo',
  aadObjectId: 'a0000000-0000-4000-8000-000000000002',
  name: 'Bo Approver',
};
export const teamId = '19:soc@thread.tacv2';
export const channelId = '19:triage@thread.tacv2';
const tenantId = '8f1c2d3e-0000-4000-8000-000000000001';
const bot = { id: '28:0b7a3f6e-6a0f-4b7c-9d55-3f1c7a8e2d11', name: 'Live Response' };

/** Ana may ask, and only Bo may approve. */
const policy = `groups:
  analysts: [{ id: ${ana.aadObjectId}, name: ${ana.name} }]
  approvers: [{ id: ${bo.aadObjectId}, name: ${bo.name} }]
requesters: [analysts]
rules:
  - name: everything
    approvals: 1
    from: [approvers]
    decideBy: 30m
    startBy: 2h
`;

/** `arrange` changes the world before anybody says a word. */
export async function openStage({
  clock,
  arrange,
}: {
  readonly clock: Clock;
  readonly arrange?: ((emulator: Emulator) => void | Promise<void>) | undefined;
}): Promise<Stage> {
  const endings: Array<() => Promise<unknown>> = [];
  const close = async (): Promise<void> => {
    const problems: unknown[] = [];
    for (const end of endings.splice(0).reverse()) await end().catch((problem) => problems.push(problem));
    if (problems.length > 0) throw new AggregateError(problems, 'Not everything could be ended.');
  };
  try {
    const dir = await mkdtemp(join(tmpdir(), 'live-response-demo-'));
    endings.push(() => rm(dir, { recursive: true, force: true }));
    const emulator = await startEmulator({ clock });
    endings.push(() => emulator.stop());
    addTrialWorld(emulator);
    await arrange?.(emulator);
    const connector = await createConnector({ clock, enforceRates: true }).start();
    endings.push(() => connector.stop());
    connector.addChannel(teamId, channelId);
    connector.addMembers(teamId, [ana, bo]);
    await writeFile(join(dir, 'policy.yaml'), policy);
    const evidenceDir = join(dir, 'evidence');
    const databaseUrl = `sqlite:${join(dir, 'live-response.db')}`;
    const config = parseConfig({
      LOCAL_TRIAL: '1',
      PORT: '0',
      DEFENDER_API_URL: emulator.url,
      DATABASE_URL: databaseUrl,
      POLICY_FILE: join(dir, 'policy.yaml'),
      EVIDENCE_DIR: evidenceDir,
      TEAMS_TENANT_IDS: tenantId,
    });
    if (!config.ok) throw new Error(config.error.join('\n'));
    const service = await startService({ config: config.value, clock, random: systemRandom, log: silentLog });
    endings.push(() => service.stop());
    const endpoint = `http://127.0.0.1:${service.port}/api/messages`;
    const teams = createTeamsClient({ connector, endpoint, tenantId, bot });
    return { clock, emulator, connector, teams, evidenceDir, databaseUrl, close };
  } catch (error) {
    await close();
    throw error;
  }
}
