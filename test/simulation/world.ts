import { othersOf } from '../../src/request/doubt/others';
import { isOffered } from '../../src/request/doubt/resend';
import type { LiveResponseRequest, RequestId } from '../../src/request/request';
import { base, bob, cleo, needing, samples, vote } from '../request/sample';
import { createAgenda } from './agenda';
import { createDefenderModel, nextChange, type Refusal, statusOf } from './defender-model';
import { lookNow } from './look-now';
import { createOurClock } from './our-clock';
import { createPromises, type Met } from './promises';
import { createReplica, type Replica } from './replica-model';
import { type Fate, isWithin, type Scenario } from './scenario';
import { createStoreModel, type StoreModel } from './store-model';

/** The instant at which scenarios begin. */
export const start = 1_000_000_000;

/** The open actions are looked at this often, as action-watch.ts does. */
export const lookMs = 5_000;
/** As action-watch.ts: an action that is not listed after this long is lost. */
const hiddenForMs = 150_000;
/** As defender-work.ts: a cancel of an action that Defender still hides is tried again so often, with growing pauses. */
const cancelTries = 8;
const cancelPauseMs = (tried: number) => Math.min(3_000 * 2 ** tried, 120_000);
/** Looks go on for three days. */
const longEnoughMs = 4 * 24 * 3_600_000;

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
  readonly met: Met;
}

export interface PlayOptions {
  readonly onPlan?: (planned: ReturnType<StoreModel['plan']>) => void;
  /** Virtual time after which it must be over. */
  readonly untilMs?: number;
}

/** Plays one scenario from the first approval to the last end, and looks whether the promises were kept. */
export function play(scenario: Scenario, { onPlan = () => {}, untilMs = longEnoughMs }: PlayOptions = {}): Report {
  const agenda = createAgenda(start);
  const ours = createOurClock(agenda, scenario.aheadMs);
  const defender = createDefenderModel({
    ...scenario,
    devices: scenario.devices.map((d) => ({ offline: shifted(d.offline), busy: shifted(d.busy) })),
    foreignCalls: scenario.foreignCalls.map((at) => start + at),
    foreignSessions: shifted(scenario.foreignSessions),
  });
  const inner: Scenario = { ...scenario, unreadable: shifted(scenario.unreadable) };
  const promises = createPromises(defender);
  const outages = scenario.outages.map(({ span, arrives }) => ({ span: shifted([span]), arrives }));
  const replicas: Replica[] = [];
  let offers = 0;
  let submissions = 0;
  let events = 0;
  let lookAt = Infinity;

  const store = createStoreModel({
    limits: scenario.limits,
    onLookUp: (id, { dueAt, search }) => ours.workAt(dueAt, () => lookUp(id, search)),
    onCancel: (id, actionId) => agenda.at(agenda.now, () => cancel(id, actionId, 1)),
    onClock: (id, at) => ours.at(at, () => clock(id)),
    onApplied: (before, event, after) => {
      promises.applied(before, event, after);
      if (isOffered(after.request) && !isOffered(before)) answerOffer(after.request.id);
    },
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
        ours,
        scenario: inner,
        store,
        defender,
        promises,
        onPlan,
        nextFate,
      }),
    );

  const upReplica = (): Replica | undefined => replicas.find((r) => r.isUp());
  const isReadable = (): boolean => upReplica() !== undefined && !isWithin(inner.unreadable, agenda.now);

  const ids = scenario.wishes.map((_, i) => `LR-${String(i).padStart(4, '0')}` as RequestId);
  for (const [i, wish] of scenario.wishes.entries()) {
    const id = ids[i] as RequestId;
    agenda.at(start + wish.approvedAt, () =>
      store.insert(requestOf(id, wish, ours.now(), agenda.now, scenario.startWithinMs)),
    );
    if (wish.cancelAt !== null)
      agenda.at(start + wish.cancelAt, () =>
        store.apply(id, { type: 'cancelAsked', by: requester(wish.who), reason: null }, ours.now()),
      );
  }
  for (const { at, replica, downMs } of scenario.crashes)
    agenda.at(start + at, () =>
      replicas[replica % replicas.length]?.kill(downMs, () => {
        if (scenario.replicas > 1) return;
        store.freeLeases();
        if (store.setBack(ours.now())) ours.bringBack();
      }),
    );
  for (const { at, replica, forMs } of scenario.stalls)
    agenda.at(start + at, () => replicas[replica % replicas.length]?.stop(forMs));
  for (const { at, ms } of scenario.jumps)
    agenda.at(start + at, () => {
      ours.jump(ms);
      plainLook();
    });

  agenda.run(start + untilMs);
  judgeLimits();
  const met = promises.judge(store.requests, ids, agenda.now);
  const takenAt = ids.map((id) => {
    const [first] = defender.actionsOf(id);
    return first === undefined ? null : first.createdAt - start;
  });
  const ends: Partial<Record<LiveResponseRequest['state'], number>> = {};
  for (const { state } of store.requests.values()) ends[state] = (ends[state] ?? 0) + 1;
  const lastEnd = Math.max(start, ...defender.actions.map((a) => Math.min(a.endsAt, a.cancelledAt)));
  return {
    broken: promises.broken(),
    met,
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

  function nextFate(): Fate {
    const drawn = scenario.fates[submissions++] ?? 'answered';
    const outage = outages.find(({ span }) => isWithin(span, agenda.now));
    if (outage === undefined) return drawn;
    return outage.arrives ? 'errorAfter' : 'errorBefore';
  }

  function answerOffer(id: RequestId): void {
    const answer = scenario.answers[offers++];
    if (answer === undefined) return;
    const press = (by: typeof bob, decision: 'approve' | 'deny', afterMs: number) =>
      agenda.at(agenda.now + afterMs, () => {
        const request = store.requests.get(id);
        if (request === undefined || !isOffered(request)) return;
        if (decision === 'approve' && request.offer.votes.length === 1) promises.decidedAgain(id);
        const cast = vote(by, decision, { digest: request.digest, at: ours.now() });
        store.apply(id, { type: 'votedToResend', vote: cast }, ours.now());
      });
    press(bob, answer.what === 'leave' ? 'deny' : 'approve', answer.afterMs);
    if (answer.what === 'sendOnceMore') press(cleo, 'approve', answer.afterMs + 20_000);
  }

  /** The next look at which something can have changed; those in between would change nothing. */
  function plainLook(): void {
    let next = Infinity;
    for (const { id } of store.underWay.values()) {
      const request = store.requests.get(id);
      if (request?.state !== 'pending' && request?.state !== 'running') continue;
      const action = defender.action(request.actionId);
      if (action === undefined) continue;
      if (action.visibleAt > agenda.now) next = Math.min(next, ours.toDefenders(request.submittedAt + hiddenForMs));
      const isShown = action.visibleAt <= agenda.now && stateOf(statusOf(action, agenda.now)) !== request.state;
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
    for (const { id } of [...store.underWay.values()]) {
      const request = store.requests.get(id);
      if (request?.state !== 'pending' && request?.state !== 'running') continue;
      const action = defender.find(request.actionId, agenda.now);
      if (action === null) {
        if (ours.now() - request.submittedAt >= hiddenForMs) store.apply(id, { type: 'vanished' }, ours.now());
      } else if (stateOf(action.status) !== request.state) store.apply(id, { type: 'observed', action }, ours.now());
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
    const seen = isReadable()
      ? lookNow(defender, request, agenda.now)
      : ({ type: 'lookedUp', actions: [], complete: false, date: null } as const);
    store.apply(id, seen, ours.now());
  }

  function cancel(id: RequestId, actionId: string, tried: number): void {
    const request = store.requests.get(id);
    if (request === undefined) return;
    const isOther = othersOf(request).some((other) => other.actionId === actionId);
    const isIts = ['pending', 'running', 'unknown'].includes(request.state) && followedBy(request) === actionId;
    if (!isOther && !isIts) return;
    const again = (next: number) => agenda.at(agenda.now + cancelPauseMs(tried), () => cancel(id, actionId, next));
    if (!isReadable()) {
      again(tried);
      return;
    }
    const answer = defender.cancel(actionId, agenda.now);
    if (answer === 'hidden' && tried < cancelTries) {
      again(tried + 1);
      return;
    }
    if (isOther) return;
    if (answer === 'hidden') store.apply(id, { type: 'cancelRefused', code: 'NotFound' }, ours.now());
    else if (answer === 'refused') store.apply(id, { type: 'cancelRefused', code: 'BadRequest' }, ours.now());
    else store.apply(id, { type: 'observed', action: answer }, ours.now());
    plainLook();
  }

  function clock(id: RequestId): void {
    if (upReplica() === undefined) agenda.at(agenda.now + lookMs, () => clock(id));
    else store.apply(id, { type: 'clock' }, ours.now());
  }

  /** Not where our clock jumps, Defender hides what it should list, or people send it once more: these count by what we know. */
  function judgeLimits(): void {
    if (scenario.jumps.length + scenario.hides.length + scenario.answers.length > 0) return;
    const { calls, sessions } = defender.most();
    const { limits, truth } = scenario;
    // Until it was refused for its sessions, a tenant that has fewer than we are told is not ours to know.
    promises.expect(calls <= limits.runsPerMinute, `at most ${limits.runsPerMinute} calls a minute, not ${calls}`);
    promises.expect(sessions <= limits.sessions, `at most ${limits.sessions} sessions, not ${sessions}`);
    const isHonest = truth.runsPerMinute >= limits.runsPerMinute && truth.sessions >= limits.sessions;
    for (const { answer, cause } of defender.refusals)
      promises.expect(cause !== 'own' || (!isHonest && answer !== 'busy'), `no refusal of our own making: ${answer}`);
  }
}

const shifted = (spans: ReadonlyArray<readonly [number, number]>) =>
  spans.map(([from, to]) => [start + from, start + to] as const);

const requester = (who: number) => ({ id: `person-${who}`, tenantId: 'tenant-1', name: `Person ${who}` });

const followedBy = (request: LiveResponseRequest): string | null => ('actionId' in request ? request.actionId : null);

const requestOf = (
  id: RequestId,
  wish: Scenario['wishes'][number],
  now: number,
  atDefender: number,
  startWithinMs: number,
): LiveResponseRequest => ({
  ...samples.queued,
  ...needing(2),
  votes: [vote(bob), vote(cleo)],
  id,
  requester: requester(wish.who),
  device: { ...base.device, machineId: String(wish.device) },
  createdAt: now,
  askedAtDefender: atDefender,
  approvedAt: now,
  notBefore: now,
  startBy: now + startWithinMs,
});

/** The state in which a request is while its action has this status. */
const stateOf = (status: string): LiveResponseRequest['state'] =>
  status === 'Pending' ? 'pending' : status === 'InProgress' ? 'running' : 'succeeded';
