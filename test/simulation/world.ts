import { isFinal, type LiveResponseRequest, type RequestId } from '../../src/request/request';
import { base, samples } from '../request/sample';
import { createAgenda } from './agenda';
import { createDefenderModel, isEnded, nextChange, type Refusal, statusOf } from './defender-model';
import { createReplica, type Replica } from './replica-model';
import { isWithin, type Scenario } from './scenario';
import { createStoreModel, type StoreModel } from './store-model';

/** The instant at which scenarios begin. */
export const start = 1_000_000_000;

/** The open actions are looked at this often, as action-watch.ts does. */
export const lookMs = 5_000;
/** A cancel of an action that Defender still hides is tried again. */
const cancelAgainMs = 10_000;

/** How a history went. All instants are from the start of the scenario. */
export interface Report {
  /** Promises that were broken, in words. */
  readonly broken: readonly string[];
  /** When the last action ended, as Defender knows it. */
  readonly makespanMs: number;
  readonly submissions: number;
  readonly actions: number;
  readonly refusals: readonly Refusal[];
  readonly ends: Readonly<Partial<Record<LiveResponseRequest['state'], number>>>;
  /** When each request reached Defender first, by the order of the wishes; null: never. */
  readonly takenAt: ReadonlyArray<number | null>;
  readonly mostCalls: number;
  readonly mostSessions: number;
  readonly events: number;
}

export interface PlayOptions {
  readonly onPlan?: (planned: ReturnType<StoreModel['plan']>) => void;
  /** Virtual time after which it must be over. */
  readonly untilMs?: number;
}

/** Plays one scenario from the first approval to the last end, and looks whether the promises were kept. */
export function play(scenario: Scenario, { onPlan = () => {}, untilMs = 12 * 3_600_000 }: PlayOptions = {}): Report {
  const agenda = createAgenda(start);
  const defender = createDefenderModel({
    ...scenario,
    devices: scenario.devices.map((d) => ({ offline: shifted(d.offline), busy: shifted(d.busy) })),
    foreignCalls: scenario.foreignCalls.map((at) => start + at),
    foreignSessions: shifted(scenario.foreignSessions),
  });
  const inner: Scenario = { ...scenario, unreadable: shifted(scenario.unreadable) };
  const replicas: Replica[] = [];
  const broken: string[] = [];
  let submissions = 0;
  let events = 0;
  let lookAt = Infinity;

  const store = createStoreModel({
    limits: scenario.limits,
    onLookUp: (id, { dueAt, search }) => agenda.at(dueAt, () => lookUp(id, search)),
    onCancel: (id) => agenda.at(agenda.now, () => cancel(id)),
    onClock: (id, at) => agenda.at(at, () => clock(id)),
    onChange: () => {
      events++;
      // Whoever wrote it is woken by that; the others come by in their own time. One that is up stands for all writers but the runners.
      const writer = upReplica();
      writer?.nudge();
      for (const replica of replicas) if (replica !== writer) replica.comeBy();
      plainLook();
    },
  });
  for (let i = 0; i < scenario.replicas; i++)
    replicas.push(
      createReplica({
        agenda,
        scenario: inner,
        store,
        defender,
        onPlan,
        nextFate: () => scenario.fates[submissions++] ?? 'answered',
      }),
    );

  const upReplica = (): Replica | undefined => replicas.find((r) => r.isUp());
  const isReadable = (): boolean => upReplica() !== undefined && !isWithin(inner.unreadable, agenda.now);

  const ids = scenario.wishes.map((_, i) => `LR-${String(i).padStart(4, '0')}` as RequestId);
  for (const [i, wish] of scenario.wishes.entries()) {
    const id = ids[i] as RequestId;
    agenda.at(start + wish.approvedAt, () => store.insert(requestOf(id, wish, agenda.now, scenario.startWithinMs)));
    if (wish.cancelAt !== null)
      agenda.at(start + wish.cancelAt, () =>
        store.apply(id, { type: 'cancelAsked', by: requester(wish.who), reason: null }, agenda.now),
      );
  }
  for (const { at, replica, downMs } of scenario.crashes)
    agenda.at(start + at, () =>
      replicas[replica % replicas.length]?.kill(downMs, () => {
        if (scenario.replicas === 1) store.freeLeases();
      }),
    );
  for (const { at, replica, forMs } of scenario.stalls)
    agenda.at(start + at, () => replicas[replica % replicas.length]?.stop(forMs));

  agenda.run(start + untilMs);
  judge();
  const takenAt = ids.map((id) => {
    const [first] = defender.actionsOf(id);
    return first === undefined ? null : first.createdAt - start;
  });
  const ends: Partial<Record<LiveResponseRequest['state'], number>> = {};
  for (const { state } of store.requests.values()) ends[state] = (ends[state] ?? 0) + 1;
  const lastEnd = Math.max(start, ...defender.actions.map((a) => Math.min(a.endsAt, a.cancelledAt)));
  return {
    broken,
    makespanMs: lastEnd - start,
    submissions,
    actions: defender.actions.length,
    refusals: defender.refusals.map((r) => ({ ...r, at: r.at - start })),
    ends,
    takenAt,
    mostCalls: defender.most().calls,
    mostSessions: defender.most().sessions,
    events,
  };

  /** The next look at which something can have changed; those in between would change nothing. */
  function plainLook(): void {
    let next = Infinity;
    for (const { id, state } of store.underWay.values()) {
      if (state !== 'pending' && state !== 'running') continue;
      const [action] = defender.actionsOf(id);
      if (action === undefined) continue;
      const isShown = action.visibleAt <= agenda.now && stateOf(statusOf(action, agenda.now)) !== state;
      next = Math.min(next, isShown ? agenda.now : nextChange(action, agenda.now));
    }
    if (next === Infinity) return;
    const at = Math.max(start + Math.ceil((next - start) / lookMs) * lookMs, agenda.now + 1);
    if (at >= lookAt) return;
    lookAt = at;
    agenda.at(at, () => {
      if (lookAt !== at) return;
      lookAt = Infinity;
      if (isReadable()) look();
      else agenda.at(agenda.now + lookMs, plainLook);
    });
  }

  function look(): void {
    for (const { id, state } of [...store.underWay.values()]) {
      if (state !== 'pending' && state !== 'running') continue;
      const action = defender.find(id, agenda.now);
      if (action !== null && stateOf(action.status) !== state)
        store.apply(id, { type: 'observed', action }, agenda.now);
    }
    plainLook();
  }

  function lookUp(id: RequestId, search: number): void {
    const request = store.requests.get(id);
    if (request === undefined || !('inDoubt' in request) || request.inDoubt?.search !== search) return;
    if (upReplica() === undefined) {
      agenda.at(agenda.now + lookMs, () => lookUp(id, search));
      return;
    }
    const complete = isReadable();
    const actions = complete ? defender.listed(id, agenda.now) : [];
    store.apply(id, { type: 'lookedUp', complete, date: complete ? agenda.now : null, actions }, agenda.now);
  }

  function cancel(id: RequestId): void {
    const request = store.requests.get(id);
    if (request === undefined || isFinal(request.state)) return;
    const answer = isReadable() ? defender.cancel(id, agenda.now) : 'hidden';
    if (answer === 'hidden') agenda.at(agenda.now + cancelAgainMs, () => cancel(id));
    else if (answer === 'refused') store.apply(id, { type: 'cancelRefused', code: 'BadRequest' }, agenda.now);
    else store.apply(id, { type: 'observed', action: answer }, agenda.now);
    plainLook();
  }

  function clock(id: RequestId): void {
    if (upReplica() === undefined) agenda.at(agenda.now + lookMs, () => clock(id));
    else store.apply(id, { type: 'clock' }, agenda.now);
  }

  function judge(): void {
    const { calls, sessions } = defender.most();
    const expect = (holds: boolean, promise: string) => {
      if (!holds) broken.push(promise);
    };
    // Until it was refused for its sessions, a tenant that has fewer than we are told is not ours to know.
    expect(
      calls <= scenario.limits.runsPerMinute,
      `at most ${scenario.limits.runsPerMinute} calls a minute, not ${calls}`,
    );
    expect(sessions <= scenario.limits.sessions, `at most ${scenario.limits.sessions} sessions, not ${sessions}`);
    const isHonest =
      scenario.truth.runsPerMinute >= scenario.limits.runsPerMinute &&
      scenario.truth.sessions >= scenario.limits.sessions;
    for (const { answer, cause } of defender.refusals)
      expect(cause !== 'own' || (!isHonest && answer !== 'busy'), `no refusal of our own making: ${answer}`);
    for (const id of ids) {
      const request = store.requests.get(id);
      const actions = defender.actionsOf(id);
      expect(actions.length <= 1, `${id} ran at most once, not ${actions.length} times`);
      expect(request !== undefined && isFinal(request.state), `${id} has an end, not ${request?.state}`);
      if (request === undefined) continue;
      const [action] = actions;
      const truth = action === undefined ? 'none' : statusOf(action, agenda.now);
      const told = toldOf(request);
      expect(action === undefined || isEnded(action, agenda.now), `${id} has ended in Defender`);
      expect(told === truth, `${id} is told as ${told} and is ${truth}`);
    }
  }
}

const shifted = (spans: ReadonlyArray<readonly [number, number]>) =>
  spans.map(([from, to]) => [start + from, start + to] as const);

const requester = (who: number) => ({ id: `person-${who}`, tenantId: 'tenant-1', name: `Person ${who}` });

const requestOf = (
  id: RequestId,
  wish: Scenario['wishes'][number],
  now: number,
  startWithinMs: number,
): LiveResponseRequest => ({
  ...samples.queued,
  id,
  requester: requester(wish.who),
  device: { ...base.device, machineId: String(wish.device) },
  createdAt: now,
  approvedAt: now,
  notBefore: now,
  startBy: now + startWithinMs,
});

/** The state in which a request is while its action has this status. */
const stateOf = (status: string): LiveResponseRequest['state'] =>
  status === 'Pending' ? 'pending' : status === 'InProgress' ? 'running' : 'succeeded';

/** What the thread says of Defender's action at the end. */
function toldOf(request: LiveResponseRequest): string {
  switch (request.state) {
    case 'succeeded':
      return 'Succeeded';
    case 'timedOut':
      return 'TimeOut';
    case 'cancelled':
    case 'lapsed':
      return request.actionId === null ? 'none' : 'Cancelled';
    case 'refused':
      return 'none';
    case 'unconfirmed':
      // It says that Defender does not list it: nothing that a list shows now may contradict that.
      return 'none';
    default:
      return request.state;
  }
}
