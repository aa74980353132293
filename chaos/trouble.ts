import { setMaxListeners } from 'node:events';
import { minutes, seconds } from '../src/lib/clock';
import type { Fault } from '../trial/defender/emulator';
import type { ConnectorCall, ConnectorFault } from '../trial/teams/connector-port';
import { approvers } from './cast';
import { type FastTime, toMachineMs } from './fast-time';
import type { DefenderFault, Incident, Outage, Plan, Strike, TeamsFault } from './plan';
import type { Replica } from './replica';
import type { FindTeamsFault, Stage } from './stage';

/** What was really done to the run. */
export interface Troubles {
  kills: number;
  /** Of the kills in the middle of a call, those whose call came. */
  trapsSprung: number;
  stalls: number;
  drains: number;
  /** Drains that took longer than a stop may. */
  drainsCut: number;
  regionMoves: number;
  readonly teamsFaultsMet: Record<string, number>;
  readonly incidents: Record<string, number>;
}

/** How long the last traps wait for their calls when all else is over; then the kills come anyway. */
const lastCallsMs = seconds(90);

type Trap = Extract<Strike, { type: 'killInCall' | 'killInPost' }>;

const isTrap = (strike: Strike): strike is Trap => strike.type === 'killInCall' || strike.type === 'killInPost';

/** Strikes in the order of the plan, side by side where they are about different replicas. Traps lie in wait meanwhile. */
export async function playStrikes(
  stage: Stage,
  plan: Plan,
  troubles: Troubles,
  /** Resolves when people have done all that they do. */
  played: Promise<unknown>,
): Promise<void> {
  const ends = new Map<number, Promise<void>>();
  const giveUp = new AbortController();
  setMaxListeners(0, giveUp.signal);
  const inTurn = (slots: readonly number[], act: () => Promise<void>): void => {
    const end = Promise.all(slots.map((slot) => ends.get(slot))).then(act);
    for (const slot of slots) ends.set(slot, end);
  };
  const traps = plan.strikes.filter(isTrap).map(async (strike) => {
    if (await playTrap(stage, strike, troubles, giveUp.signal)) return;
    inTurn(slotsOf(strike), () => playStrike(stage, { ...strike, type: 'kill', slots: slotsOf(strike) }, troubles));
  });
  for (const strike of plan.strikes)
    if (!isTrap(strike)) inTurn(slotsOf(strike), () => playStrike(stage, strike, troubles));
  await Promise.all([played, ...ends.values()]);
  await stage.clock.sleep(lastCallsMs);
  giveUp.abort();
  await Promise.all(traps);
  await Promise.all(ends.values());
}

function slotsOf(strike: Strike): readonly number[] {
  switch (strike.type) {
    case 'kill':
    case 'killInPost':
      return strike.slots;
    case 'killInCall':
    case 'stall':
    case 'drain':
      return [strike.slot];
  }
}

const replicasOf = (stage: Stage, strike: Strike): readonly Replica[] =>
  slotsOf(strike).flatMap((slot) => stage.replicas[slot] ?? []);

async function playStrike(stage: Stage, strike: Exclude<Strike, Trap>, troubles: Troubles): Promise<void> {
  const { clock, startedAt } = stage;
  const replicas = replicasOf(stage, strike);
  await clock.sleep(startedAt + strike.at - clock.now());
  for (const replica of replicas) await untilUp(stage, replica, strike.upMs);
  switch (strike.type) {
    case 'kill':
      for (const replica of replicas) replica.strike();
      troubles.kills += replicas.length;
      return revive(stage, replicas, strike.downMs);
    case 'stall':
      for (const replica of replicas) replica.stall();
      await clock.sleep(strike.forMs);
      for (const replica of replicas) replica.resume();
      troubles.stalls++;
      return;
    case 'drain':
      for (const replica of replicas) if (!(await replica.drain())) troubles.drainsCut++;
      troubles.drains++;
      return revive(stage, replicas, strike.downMs);
  }
}

/** False when no such call came before the signal. */
async function playTrap(stage: Stage, strike: Trap, troubles: Troubles, signal: AbortSignal): Promise<boolean> {
  const { clock, startedAt } = stage;
  const replicas = replicasOf(stage, strike);
  await clock.sleep(startedAt + strike.at - clock.now());
  if (signal.aborted) return false;
  const spring = (): void => {
    for (const replica of replicas) replica.strike();
    troubles.kills += replicas.length;
    troubles.trapsSprung++;
  };
  const sprung =
    strike.type === 'killInCall'
      ? await stage.gates[strike.slot]?.trap(strike.call, strike.when, spring, signal)
      : await trapPost(stage, strike, spring, signal);
  if (sprung !== true) return false;
  await revive(stage, replicas, strike.downMs);
  return true;
}

async function untilUp({ clock }: Stage, replica: Replica, upMs: number): Promise<void> {
  for (;;) {
    const since = replica.upSince;
    if (since !== null && clock.now() >= since + upMs) return;
    await clock.sleep(seconds(1));
  }
}

function trapPost(
  { teamsFaults }: Stage,
  strike: Extract<Strike, { type: 'killInPost' }>,
  spring: () => void,
  signal: AbortSignal,
): Promise<boolean> {
  return new Promise((resolve) => {
    const end = (sprung: boolean) => {
      const at = teamsFaults.indexOf(find);
      if (at !== -1) teamsFaults.splice(at, 1);
      resolve(sprung);
    };
    const find = (call: ConnectorCall): ConnectorFault | null => {
      if (call.method !== strike.method) return null;
      spring();
      end(true);
      return { type: 'drop', accepted: strike.accepted };
    };
    teamsFaults.unshift(find);
    signal.addEventListener('abort', () => end(false), { once: true });
  });
}

async function revive({ clock }: Stage, replicas: readonly Replica[], downMs: number): Promise<void> {
  await Promise.all(replicas.map((replica) => replica.gone()));
  await clock.sleep(downMs);
  await Promise.all(replicas.map((replica) => replica.start()));
}

export async function playDefenderFaults(
  stage: Stage,
  faults: readonly DefenderFault[],
  time: FastTime,
): Promise<void> {
  for (const { at, rule } of faults) {
    await stage.clock.sleep(stage.startedAt + at - stage.clock.now());
    stage.emulator.fault({ ...rule, fault: onTheWall(rule.fault, time) });
  }
}

/** The emulator takes a slow answer's time by the wall. */
const onTheWall = (fault: Fault, time: FastTime): Fault =>
  fault.type === 'slow' ? { ...fault, realMs: toMachineMs(time, fault.realMs) } : fault;

export async function playTeamsFaults(stage: Stage, faults: readonly TeamsFault[], troubles: Troubles): Promise<void> {
  for (const planned of faults) {
    await stage.clock.sleep(stage.startedAt + planned.at - stage.clock.now());
    let left = planned.times;
    const find = (call: ConnectorCall): ConnectorFault | null => {
      if (planned.method !== 'any' && call.method !== planned.method) return null;
      left--;
      if (left === 0) stage.teamsFaults.splice(stage.teamsFaults.indexOf(find), 1);
      meet(troubles, nameOf(planned.fault));
      return planned.fault;
    };
    stage.teamsFaults.push(find);
  }
}

const meet = ({ teamsFaultsMet }: Troubles, name: string): void => {
  teamsFaultsMet[name] = (teamsFaultsMet[name] ?? 0) + 1;
};

/** The same answer to everything, until it is over. */
export async function playTeamsOutages(stage: Stage, outages: Plan['teamsOutages'], troubles: Troubles): Promise<void> {
  const { clock, startedAt, teamsFaults } = stage;
  for (const { at, forMs, status, code } of outages) {
    await clock.sleep(startedAt + at - clock.now());
    const endsAt = clock.now() + forMs;
    const find: FindTeamsFault = () => {
      if (clock.now() >= endsAt) return null;
      meet(troubles, `${status} ${code} to all`);
      return { type: 'status', status, code };
    };
    teamsFaults.unshift(find);
  }
}

/** One approver's chat, from the first call to the last. */
export function blockChat({ connector, lastingTeamsFaults }: Stage, plan: Plan, troubles: Troubles): void {
  const person = plan.blockedChat === null ? undefined : approvers[plan.blockedChat];
  if (person === undefined) return;
  const chat = `/${connector.personalConversationId(person.aadObjectId)}/`;
  const met = new Set<ConnectorCall>();
  lastingTeamsFaults.push((call) => {
    if (!call.path.includes(chat)) return null;
    if (!met.has(call)) meet(troubles, '500 in a blocked chat');
    met.add(call);
    return { type: 'status', status: 500 };
  });
}

export async function playRegionMoves(stage: Stage, moves: readonly number[], troubles: Troubles): Promise<void> {
  for (const at of moves) {
    await stage.clock.sleep(stage.startedAt + at - stage.clock.now());
    stage.connector.moveRegion();
    troubles.regionMoves++;
  }
}

export async function playGatewayOutages(stage: Stage, outages: readonly Outage[]): Promise<void> {
  const { clock, emulator, startedAt } = stage;
  for (const { at, forMs, route, status, arrived } of outages) {
    await clock.sleep(startedAt + at - clock.now());
    emulator.fault({
      fault: { type: 'gatewayError', status, arrived },
      ...(route === 'any' ? {} : { route }),
      times: Number.POSITIVE_INFINITY,
      until: clock.now() + forMs,
    });
  }
}

export async function playCommitCuts(stage: Stage, cuts: Plan['commitCuts']): Promise<void> {
  const { clock, commitGates, startedAt } = stage;
  if (commitGates.length === 0) return;
  for (const { at, slot, cut } of cuts) {
    await clock.sleep(startedAt + at - clock.now());
    commitGates[slot]?.cutNext(cut);
  }
}

function nameOf(fault: ConnectorFault): string {
  switch (fault.type) {
    case 'status':
      return `${fault.status}${fault.accepted === true ? ' after accept' : ''}`;
    case 'drop':
      return fault.accepted ? 'reset after accept' : 'reset before accept';
    case 'hang':
      return 'no answer';
  }
}

export async function playIncidents(stage: Stage, incidents: readonly Incident[], troubles: Troubles): Promise<void> {
  const { clock, emulator, startedAt } = stage;
  for (const incident of incidents) {
    await clock.sleep(startedAt + incident.at - clock.now());
    if (playIncident(stage, incident)) troubles.incidents[incident.type] = (troubles.incidents[incident.type] ?? 0) + 1;
  }
  // Devices that are away for long must not keep the story from ending.
  const endsAt = clock.now() + minutes(1);
  for (const { machine, offlineUntil, portalSessionUntil } of emulator.devices)
    if (Math.max(offlineUntil ?? 0, portalSessionUntil ?? 0) > endsAt)
      emulator.setDevice(machine.id, { offlineUntil: endsAt, portalSessionUntil: null });
}

/** False where there was no action for it to happen to. */
function playIncident({ clock, emulator }: Stage, incident: Incident): boolean {
  const now = clock.now();
  const open = emulator.actions.filter((a) => a.visible && (a.status === 'Pending' || a.status === 'InProgress'));
  const action = open[0];
  switch (incident.type) {
    case 'offline':
      emulator.setDevice(deviceNamed(incident.device), { offlineUntil: now + incident.forMs });
      return true;
    case 'portalSession':
      emulator.setDevice(deviceNamed(incident.device), { portalSessionUntil: now + incident.forMs });
      return true;
    case 'portalCancel':
      if (action !== undefined) emulator.cancelByOther(action.id, 'somebody@contoso.example');
      return action !== undefined;
    case 'vanish':
      if (action !== undefined) emulator.vanish(action.id);
      return action !== undefined;
    case 'misreport':
      if (action !== undefined) emulator.misreport(action.id, 'Failed', 1);
      return action !== undefined;
  }
}

const deviceNamed = (name: string): string => `${name}.contoso.com`;
