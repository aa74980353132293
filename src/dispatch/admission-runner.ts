import type { SubmitOutcome } from '../defender/client';
import { DefenderError } from '../defender/errors';
import { minutes, seconds } from '../lib/clock';
import { exhaustive } from '../lib/result';
import { personKeyOf } from '../policy/people';
import { commentOf } from '../request/digest';
import type { Event } from '../request/event';
import { type Pause, pauseFact } from '../request/pause';
import type { Queued, RequestId, Submitting } from '../request/request';
import { applyEvent, readApprovedHashes } from '../store/apply';
import { isOutrun } from '../store/policy-in-force';
import type { ClaimedWork, Tx } from '../store/store';
import { findChanges } from './changes';
import type { DispatchOptions, Task } from './options';
import { reconsider } from './reconsider';
import { type Blocked, blockedFact, type Views } from './views';

/** Longer than a POST may take; whoever claims the row after that must treat the submission as unclear. */
const submitLeaseMs = minutes(3);
/** A POST is not begun this late in its lease: by then it could overlap with somebody who treats it as unclear. */
const latestStartMs = minutes(1);

/** How long to wait when Defender says busy or too many without saying how long; doubled at each further try, up to the longest. */
const firstBusyWaitMs = seconds(30);
const longestBusyWaitMs = minutes(2);
const rateWaitMs = seconds(30);
/** Sessions free up when runs end, which takes minutes (defender-api.md §3). */
const sessionsWaitMs = seconds(60);
const checkWaitMs = seconds(15);

/**
 * Takes approved requests to Defender: compares what would run with what was approved, gives it a slot in one transaction that also
 * writes the intent and claims it, sends the POST once, and records the answer. Whatever dies in between is found as an intent
 * without an answer, and looked up (durable.md §0).
 */
export function createAdmissionRunner(options: DispatchOptions & { readonly views: Views }): {
  start(): Promise<readonly Task[]>;
  nextDueAt(): Promise<number | null>;
} {
  const { store, defender, clock, random, log, views } = options;
  const underWay = new Set<RequestId>();
  /** Places as the cards last showed them, so that cards move when places do. */
  let shownPlaces = new Map<RequestId, string>();

  return {
    async start() {
      const orphans = await store.transact((tx) => claim(tx));
      const plan = await views.plan(store);
      await showPlaces(plan);
      const paused = (await store.fact<Pause>(pauseFact)) !== null;
      const candidates = paused ? [] : plan.admit.filter((id) => !underWay.has(id));
      const requests = plan.queued.filter((r) => candidates.includes(r.id));
      for (const { id } of requests) underWay.add(id);
      return [
        ...orphans.map((row) => ({ what: 'submit', done: submit(row) })),
        ...requests.map((request) => ({
          what: 'admit',
          done: checkAndSubmit(request).finally(() => underWay.delete(request.id)),
        })),
      ];
    },
    nextDueAt: async () => ((await store.fact<Pause>(pauseFact)) === null ? (await views.plan(store)).nextAt : null),
  };

  async function checkAndSubmit(request: Queued): Promise<void> {
    const found = await check(request);
    if (found !== null) return put(request.id, found);
    const rows = await store.transact(async (tx) => {
      const stored = await tx.request(request.id);
      // Asked again inside the transaction: since the check somebody may have paused, cancelled, taken the slot or opened a new round.
      if (stored?.request.state !== 'queued' || stored.request.digest !== request.digest) return []; // guard: only-what-was-checked-is-sent
      if (options.policy().version !== request.policyVersion) return []; // guard: policy-compared-in-the-transaction
      if ((await tx.fact<Pause>(pauseFact)) !== null) return []; // guard: nothing-is-sent-while-paused
      if (!(await views.plan(tx)).admit.includes(request.id)) return [];
      const now = clock.now();
      const admitted = await applyEvent(tx, stored, { type: 'admitted' }, 'bot', now);
      if (!admitted.ok) return [];
      await tx.addSubmission(request.id, (admitted.value as Submitting).attempts, now);
      await openReview(tx, stored.request, now);
      return claim(tx);
    });
    await Promise.all(rows.map(submit));
  }

  /** Reads again what the approval was given for, and whether it still counts. Null: it may go; else what happens to it instead. */
  async function check(request: Queued): Promise<Event | null> {
    try {
      const [library, device, groups, approved] = await Promise.all([
        request.library.length > 0 ? defender.listLibrary() : Promise.resolve([]),
        defender.getMachine(request.device.machineId),
        options.groups(),
        readApprovedHashes(store, request.library),
      ]);
      const changes = findChanges(request, { library, device });
      if (changes.length > 0) return { type: 'changed', changes }; // guard: changed-content-is-void
      const policy = options.policy();
      if (await isOutrun(store, policy)) return waiting('policy.outrun'); // guard: nothing-is-sent-under-an-outrun-policy
      const now = reconsider(policy, groups, request, { approved, queueMs: options.queueMs });
      switch (now.type) {
        case 'stands':
          return null;
        case 'unreadable':
          return waiting('directory.unreadable');
        case 'askAgain':
          return { type: 'askedAgain', because: now.because, terms: now.terms };
        case 'void':
          return { type: 'changed', changes: now.changes };
        default:
          return exhaustive(now);
      }
    } catch (error) {
      if (error instanceof DefenderError) return waiting(error.code);
      throw error;
    }
  }

  function waiting(code: string): Event {
    return { type: 'putBack', hold: { type: 'checkFailed', code }, notBefore: clock.now() + checkWaitMs };
  }

  /** What break-glass owes is written with the submission that it made possible, so that one is never without the other (T-24). */
  async function openReview(tx: Tx, request: Queued, now: number): Promise<void> {
    const { emergency } = request;
    if (emergency === null || (await tx.review(request.id)) !== null) return;
    const personKey = (id: string) => personKeyOf(options.policy(), id);
    const partakers = [request.requesterKey, personKey(emergency.by.id), ...request.votes.map((v) => v.personKey)];
    await tx.insertReview({
      requestId: request.id,
      tenantId: request.tenantId,
      rule: request.bar.rule,
      incident: emergency.incident,
      reason: emergency.reason,
      openedAt: now,
      partakers: [...new Set(partakers)],
      opinions: [],
      closedAt: null,
    });
  }

  function claim(tx: Tx): Promise<readonly ClaimedWork[]> {
    return tx.claimWork({
      types: ['submit'],
      now: clock.now(),
      leaseMs: submitLeaseMs,
      limit: 20,
      leaseToken: Buffer.from(random(12)).toString('hex'),
    });
  }

  async function submit(row: ClaimedWork): Promise<void> {
    const claimedAt = clock.now();
    const stored = row.requestId === null ? null : await store.request(row.requestId);
    if (
      stored?.request.state !== 'submitting' ||
      row.work.type !== 'submit' ||
      stored.request.attempts !== row.work.attempt
    ) {
      await store.transact((tx) => tx.finishWork(row, clock.now()));
      return;
    }
    const { request } = stored;
    // A second claim means that somebody may have sent it and died: it is looked up, never sent again.
    if (row.claims > 1) return record(row, request, { type: 'unclear', code: 'claimedTwice' }); // guard: second-claim-is-looked-up
    if (clock.now() - claimedAt > latestStartMs) return;
    const outcome = await defender.runLiveResponse(request.device.machineId, request.commands, commentOf(request));
    log.info(
      { requestId: request.id, attempt: request.attempts, outcome: outcome.type, machineId: request.device.machineId },
      'Submitted',
    );
    await record(row, request, outcome);
  }

  async function record(row: ClaimedWork, request: Submitting, outcome: SubmitOutcome): Promise<void> {
    await store.transact(async (tx) => {
      const now = clock.now();
      const stored = await tx.request(request.id);
      if (stored) await applyEvent(tx, stored, toEvent(outcome, request, now), 'defender', now);
      if (outcome.type === 'throttled') await block(tx, outcome, now);
      await tx.finishWork(row, now);
    });
  }

  async function block(tx: Tx, outcome: Extract<SubmitOutcome, { type: 'throttled' }>, now: number): Promise<void> {
    const blocked = (await tx.fact<Blocked>(blockedFact)) ?? { rate: 0, sessions: 0 };
    await tx.saveFact(blockedFact, { ...blocked, [outcome.scope]: now + throttledWait(outcome) });
  }

  /** Only while it is still queued: by now another replica may have sent it, and what is in flight is not ours to judge. */
  async function put(id: RequestId, event: Event): Promise<void> {
    await store.transact(async (tx) => {
      const stored = await tx.request(id);
      if (stored?.request.state === 'queued') await applyEvent(tx, stored, event, 'bot', clock.now());
    });
  }

  async function showPlaces(plan: Awaited<ReturnType<Views['plan']>>): Promise<void> {
    const places = new Map(
      [...plan.places].map(([id, place]) => [id, `${place.position}/${place.of}/${place.waitsFor}`]),
    );
    const moved = [...places].filter(([id, place]) => !plan.admit.includes(id) && shownPlaces.get(id) !== place);
    shownPlaces = places;
    if (moved.length === 0) return;
    await store.transact(async (tx) => {
      for (const [id] of moved) await tx.refreshCopies(id, clock.now());
    });
  }
}

/** How an answer of Defender to our POST is told to the request. */
export function toEvent(outcome: SubmitOutcome, request: Submitting, now: number): Event {
  switch (outcome.type) {
    case 'accepted':
      return { type: 'accepted', action: outcome.action };
    case 'busy':
      return { type: 'putBack', hold: { type: 'deviceBusy' }, notBefore: now + busyWait(request.attempts) };
    case 'throttled':
      return {
        type: 'putBack',
        hold: { type: outcome.scope === 'rate' ? 'rateLimited' : 'sessionsFull' },
        notBefore: now + throttledWait(outcome),
      };
    case 'notSent':
      return { type: 'putBack', hold: { type: 'checkFailed', code: outcome.code }, notBefore: now + checkWaitMs };
    case 'rejected':
      return { type: 'rejected', code: outcome.code, message: outcome.message };
    case 'unclear':
      return { type: 'unclear' };
    default:
      return exhaustive(outcome);
  }
}

const busyWait = (attempts: number): number =>
  Math.min(firstBusyWaitMs * 2 ** Math.max(attempts - 1, 0), longestBusyWaitMs);

const throttledWait = (outcome: Extract<SubmitOutcome, { type: 'throttled' }>): number =>
  outcome.retryAfterMs ?? (outcome.scope === 'rate' ? rateWaitMs : sessionsWaitMs);
