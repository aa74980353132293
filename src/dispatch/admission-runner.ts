import type { SubmitOutcome } from '../defender/client';
import { DefenderError } from '../defender/errors';
import { seconds } from '../lib/clock';
import { once } from '../lib/once';
import { exhaustive } from '../lib/result';
import { personKeyOf } from '../policy/people';
import { commentOf } from '../request/ask/digest';
import type { Event } from '../request/event';
import { type Pause, pauseFact } from '../request/pause';
import type { Device, LibraryFile, Queued, RequestId, Submitting } from '../request/request';
import { waitingOf } from '../request/waiting';
import { applyEvent, readApprovedHashes } from '../store/commit/apply';
import { findGlassDebt } from '../store/rows/glass-debt';
import { isPolicySuperseded } from '../store/rows/policy-in-force';
import type { Tx } from '../store/store';
import type { ClaimedWork } from '../store/work/claims';
import { type Admission, mayGo } from './admission';
import { findChanges } from './changes';
import { admissionFact, type Learned, learn, nothingLearned } from './limits';
import { comesFirst, lookFor } from './look-for';
import type { DispatchOptions, Task } from './options';
import { createPlaces } from './places';
import { passedRate, rateCountsSince } from './rate';
import { reconsider } from './reconsider';
import { answeredAt, answerOf, checkWaitMs, mayPost, stepOf, submitLeaseMs, toEvent } from './submission';
import { readRoom, type Views } from './views';

/** A claimed submission, and when its claim was begun. */
interface Claim {
  readonly row: ClaimedWork;
  readonly claimedAt: number;
}

/** What a request's approval is compared with right before it goes. */
interface Reading {
  /** What Defender answers may be as old as this. */
  readonly begunAt: number;
  readonly found: Promise<{ readonly library: readonly LibraryFile[]; readonly device: Device | null }>;
}

/** The library as one pass reads it: once, for all whom it lets go. */
interface LibraryOfPass {
  readonly begunAt: number;
  readonly read: () => Promise<readonly LibraryFile[]>;
}

/** A reading that was begun as soon as its request was approved is taken by a pass that comes at once, or by none. */
const aheadForMs = seconds(1);
/** From the beginning of the reading to the intent. What took longer, because Defender, the directory or we were slow, says too little of now; on a slow day reads take some seconds. */
const comparedWithinMs = seconds(10);

/**
 * Takes approved requests to Defender: compares what would run with what was approved, gives it a slot in one transaction that also
 * writes the intent and claims it, sends the POST once, and records the answer. Whatever dies in between is found as an intent
 * without an answer, and looked up (durable.md §0). Replicas take turns at the lock of `admissionFact`.
 */
export function createAdmissionRunner(options: DispatchOptions & { readonly views: Views }): {
  start(): Promise<readonly Task[]>;
  /** What is shown of those that wait comes after the start of those that go. */
  showPlaces(): Promise<readonly Task[]>;
  /** As the last pass left it: whatever moves it since is stored, and begins another pass. */
  nextDueAt(): Promise<number | null>;
  /** Begins to read what this request will be compared with, if it is the next to go; the pass that takes it need not wait for so long then. */
  readAhead(request: Queued): void;
} {
  const { store, defender, clock, random, log, views } = options;
  const underWay = new Set<RequestId>();
  const places = createPlaces(store);
  let planned: { readonly plan: Admission; readonly nextAt: number | null; readonly doWait: boolean } | null = null;
  let dueAt: number | null = null;
  let ahead: (Reading & { readonly id: RequestId }) | null = null;

  return {
    async start() {
      const orphans = await claimOrphans();
      const plan = await readPlan();
      const paused = (await store.fact<Pause>(pauseFact)) !== null;
      const doWait = paused || plan.places.size > plan.admit.length;
      planned = { plan, nextAt: paused ? null : plan.nextAt, doWait };
      dueAt = planned.nextAt;
      const ids = paused ? [] : plan.admit.filter((id) => !underWay.has(id));
      for (const id of ids) underWay.add(id);
      // A list that is asked for after the pass has begun is as fresh for each of its requests as one of their own.
      const library = { begunAt: clock.now(), read: once(() => defender.listLibrary()) };
      return [
        ...orphans.map((claim) => ({ what: 'submit', done: submit(claim) })),
        ...ids.map((id) => ({ what: 'admit', done: admit(id, library).finally(() => underWay.delete(id)) })),
      ];
    },
    async showPlaces() {
      if (planned !== null) dueAt = earliest(planned.nextAt, await places.show(planned.plan, clock.now()));
      return [];
    },
    nextDueAt: async () => dueAt,
    readAhead(request) {
      // One at a time, and none where others wait: many are read by their passes, which ask for the library once.
      if ((ahead !== null && isWithin(aheadForMs, ahead)) || planned?.doWait) return;
      const reading = read(request, { begunAt: clock.now(), read: () => defender.listLibrary() });
      // Heard by whoever takes it; when nobody does, it is nobody's failure.
      reading.found.catch(() => {});
      ahead = { ...reading, id: request.id };
    },
  };

  function isWithin(ms: number, { begunAt }: Reading): boolean {
    const age = clock.now() - begunAt;
    return age >= 0 && age <= ms;
  }

  /** Taken once: whatever is put back is read anew. */
  function takeAhead(id: RequestId): Reading | null {
    if (ahead?.id !== id) return null;
    const taken = ahead;
    ahead = null;
    return isWithin(aheadForMs, taken) ? taken : null;
  }

  /** The connection for the POST is opened meanwhile. */
  function read(request: Queued, library: LibraryOfPass): Reading {
    const found = Promise.all([
      request.library.length > 0 ? readLibrary(request, library) : [],
      defender.getMachine(request.device.machineId),
    ]).then(([files, device]) => ({ library: files, device }));
    defender.openAhead();
    return { begunAt: library.begunAt, found };
  }

  /** The pass's own list is for all; one that lacks a file of this request is asked for again before the file is believed gone. */
  async function readLibrary(request: Queued, library: LibraryOfPass): Promise<readonly LibraryFile[]> {
    const names = request.library.map(({ fileName }) => fileName);
    const files = await library.read();
    return names.every((name) => files.some(({ fileName }) => fileName === name)) ? files : defender.listLibrary(names);
  }

  async function readPlan() {
    const plan = await views.plan(store);
    if (!plan.isClockPutBack) return plan;
    await store.transact(async (tx) => {
      await tx.lockFact(admissionFact);
      await tx.pullBackSubmissions(clock.now());
    });
    return views.plan(store);
  }

  /** A look first: a pass that finds none writes nothing. */
  async function claimOrphans(): Promise<readonly Claim[]> {
    const claimedAt = clock.now();
    if (!(await store.isWorkDue(['submit'], claimedAt))) return [];
    const rows = await store.transact((tx) => claim(tx));
    return rows.map((row) => ({ row, claimedAt }));
  }

  async function admit(id: RequestId, library: LibraryOfPass): Promise<void> {
    const request = (await store.request(id))?.request;
    if (request?.state !== 'queued') return;
    const reading = takeAhead(id) ?? read(request, library);
    const found = await check(request, reading);
    if (found !== null) return put(id, found);
    // Before the transaction, so that whoever is stopped in it or right after it knows how late it is.
    const claimedAt = clock.now();
    const rows = await store.transact(async (tx) => {
      const learned = await tx.lockFact<Learned>(admissionFact);
      const stored = await tx.request(id);
      // Asked again inside the transaction: since the check somebody may have paused, cancelled, taken the slot or opened a new round.
      if (stored?.request.state !== 'queued' || stored.request.digest !== request.digest) return []; // guard: only-what-was-checked-is-sent
      if (options.policy().version !== request.policyVersion) return []; // guard: policy-compared-in-the-transaction
      if (await isPolicySuperseded(tx, options.policy())) return []; // guard: nothing-is-sent-under-an-outrun-policy
      if ((await tx.fact<Pause>(pauseFact)) !== null) return []; // guard: nothing-is-sent-while-paused
      const now = clock.now();
      // guard: only-a-fresh-reading-is-compared
      if (!isWithin(comparedWithinMs, reading)) {
        log.warn(
          { requestId: id, tookMs: now - reading.begunAt },
          'The check before sending took too long; it is made again',
        );
        await applyEvent(tx, stored, waiting('service.late'), 'bot', now);
        return [];
      }
      if (await isBarredByGlass(tx, stored.request)) {
        await applyEvent(tx, stored, waiting('review.open'), 'bot', now);
        return [];
      }
      const room = await readRoom(tx, { learned, limits: options.limits, now });
      if (!mayGo(waitingOf(stored.request), room)) return [];
      const admitted = await applyEvent(tx, stored, { type: 'admitted' }, 'bot', now);
      if (!admitted.ok) return [];
      await tx.addSubmission(id, (admitted.value as Submitting).attempts, now);
      await openReview(tx, stored.request, now);
      return claim(tx);
    });
    await Promise.all(rows.map((row) => submit({ row, claimedAt })));
  }

  /** Reads again what the approval was given for, and whether it still counts. Null: it may go; else what happens to it instead. */
  async function check(request: Queued, reading: Reading): Promise<Event | null> {
    try {
      const [found, groups, approved] = await Promise.all([
        reading.found,
        options.groups(),
        readApprovedHashes(store, request.library),
      ]);
      const earlier = await findEarlier(request);
      if (earlier !== null) return earlier;
      const changes = findChanges(request, found);
      if (changes.length > 0) return { type: 'changed', changes }; // guard: changed-content-is-void
      const policy = options.policy();
      if (await isPolicySuperseded(store, policy)) return waiting('policy.outrun'); // guard: outrun-policy-asks-nothing-again
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

  /** Before it is sent once more it is looked for once more: what turns up is followed instead. */
  async function findEarlier(request: Queued): Promise<Event | null> {
    if (request.inDoubt === undefined) return null;
    const first = comesFirst(request, await lookFor(defender.forPurpose('lookUp'), request));
    return first === 'unread' ? waiting('defender.badAnswer') : first;
  }

  function waiting(code: string): Event {
    return { type: 'putBack', hold: { type: 'checkFailed', code }, notBefore: clock.now() + checkWaitMs };
  }

  /** Two glasses broken at once under one rule: the second waits until the first is paid for (T-24). */
  async function isBarredByGlass(tx: Tx, request: Queued): Promise<boolean> {
    if (request.emergency === null) return false;
    const debt = await findGlassDebt(tx, request);
    for (const id of debt) {
      const other = (await tx.request(id))?.request;
      // Of two that wait, the one whose glass was broken first goes first.
      const isLater = other?.state === 'awaitingApproval' || other?.state === 'queued';
      if (!isLater || (other.emergency?.at ?? 0) < request.emergency.at) return true; // guard: one-broken-glass-at-a-time
    }
    return false;
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

  async function submit({ row, claimedAt }: Claim): Promise<void> {
    const stored = row.requestId === null ? null : await store.request(row.requestId);
    if (row.work.type !== 'submit' || stored?.request.state !== 'submitting') return drop(row);
    const { request } = stored;
    switch (stepOf({ claims: row.claims, attempt: row.work.attempt }, request)) {
      case 'drop':
        return drop(row);
      case 'lookUp':
        return record(row, request, { type: 'unclear', code: 'claimedTwice' });
      case 'post':
        return post({ row, claimedAt }, request);
    }
  }

  async function post({ row, claimedAt }: Claim, request: Submitting): Promise<void> {
    const holdsLease = await store.holdsLease(row, clock.now());
    switch (mayPost({ claimedAt, now: clock.now(), holdsLease })) {
      case 'lost':
        return log.warn(
          { requestId: request.id },
          'Another replica has taken this submission over; it is left to that one',
        );
      case 'late':
        return record(row, request, { type: 'notSent', code: 'service.late' });
    }
    const { machineId } = request.device;
    // Asked once more when the first byte is due: a token or a connection may have been long in coming.
    const mayStillSend = () => mayPost({ claimedAt, now: clock.now(), holdsLease }) === 'yes';
    const isStillWanted = async () => (await store.fact<Pause>(pauseFact)) === null; // guard: pause-read-before-the-first-byte
    const outcome = await defender.runLiveResponse(machineId, request.commands, commentOf(request), {
      isStillWanted,
      mayStillSend,
    });
    log.info({ requestId: request.id, attempt: request.attempts, outcome: outcome.type, machineId }, 'Submitted');
    await record(row, request, outcome);
  }

  function drop(row: ClaimedWork): Promise<void> {
    return store.transact((tx) => tx.finishWork(row, clock.now()));
  }

  async function record(row: ClaimedWork, request: Submitting, outcome: SubmitOutcome): Promise<void> {
    await store.transact(async (tx) => {
      const before = await tx.lockFact<Learned>(admissionFact);
      const now = clock.now();
      const stored = await tx.request(request.id);
      if (stored) await applyEvent(tx, stored, toEvent(outcome, request, now), 'defender', now);
      await tx.answerSubmission(request.id, request.attempts, answerOf(outcome), answeredAt(outcome, now));
      await learnFrom(tx, before ?? nothingLearned, outcome, now);
      await tx.finishWork(row, now);
    });
  }

  async function learnFrom(tx: Tx, before: Learned, outcome: SubmitOutcome, now: number): Promise<void> {
    const isRefusal = outcome.type === 'throttled';
    if (!isRefusal && before.rate === null && before.sessions === null) return;
    const taken = (await tx.underWay()).filter(({ state }) => state !== 'submitting').length;
    const submissions = await tx.submissionsSince(rateCountsSince(now));
    const after = learn(
      before,
      options.limits,
      {
        answer: answerOf(outcome),
        retryAfterMs: isRefusal ? outcome.retryAfterMs : null,
        sessionsTaken: taken,
        runsPassed: passedRate(submissions, now),
      },
      now,
    );
    if (after === before) return;
    await tx.saveFact(admissionFact, after);
    if (isRefusal)
      log.warn({ scope: outcome.scope, ...after }, 'Defender has refused a call for its limits; ours were lowered');
  }

  /** Only while it is still queued: by now another replica may have sent it, and what is in flight is not ours to judge. */
  async function put(id: RequestId, event: Event): Promise<void> {
    await store.transact(async (tx) => {
      const stored = await tx.request(id);
      if (stored?.request.state === 'queued') await applyEvent(tx, stored, event, 'bot', clock.now());
    });
  }
}

const earliest = (a: number | null, b: number | null): number | null =>
  a === null ? b : b === null ? a : Math.min(a, b);
