import type { Defender, MachineAction } from '../defender/client';
import { DefenderError } from '../defender/errors';
import { minutes, seconds } from '../lib/clock';
import type { Event } from '../request/event';
import type { InState, RequestId } from '../request/request';
import { isFinal } from '../request/request';
import { transition } from '../request/transition';
import { applyEvent } from '../store/commit/apply';
import type { DispatchOptions, Task } from './options';
import { readLoad } from './read-budget';

type Watched = InState<'pending' | 'running'>;

/** When the open actions are read next, and who reads them now: one of all replicas, until the lease runs out. */
interface Poll {
  readonly dueAt: number;
  readonly token: string | null;
  readonly leaseUntil: number;
}

export const pollFact = 'watch.poll';

/** A list that takes longer than this has failed, or its reader has died. */
const leaseMs = minutes(1);
/** 706 reads an hour: with the 12 of the bypass watch below 720, of the 1,500 that all reads of the API share (defender-api.md §1.2). */
const livelyPaceMs = seconds(5.1);
/** While nothing but devices that are not reached is open: what changes is still seen within 10 s. */
const calmPaceMs = seconds(10);
const livelyForMs = minutes(5);
/** Three quarters of an hour's quota, however many pages a list has: the rest is for look-ups. */
const pacePerPageMs = Math.ceil(minutes(60) / (0.75 * 1_500));
/** From this load on the pace slows down, up to four times at a full quota: look-ups and other users of the app must have their share, and we ours. */
const slowFromLoad = 0.6;
const slowest = 4;
const pauseAfterFailureMs = seconds(15);
const longestPauseMs = minutes(5);
/** Lists that come one on another would only show the same. */
const shortestPauseMs = seconds(1);
/** Defender may hide a new action for up to about two minutes (§1.2); the rest is margin. */
const hiddenForMs = seconds(150);
/** The list is asked from a little before the oldest action that we wait for, since clocks differ. */
const listMarginMs = minutes(5);
/** Of actions older than this only open ones are listed: 600 others may have ended while one device was not reached. Most runs end within it. */
const endedListedForMs = minutes(30);
/** Reads by id in one tick; a whole minute's quota would be gone in four. */
const mostAsked = 25;
/** When asking by id fails for so long, the list is believed. */
const believeFailureAfterMs = minutes(2);

/** How long until the open actions are read again: `pages` is what the last list took, `load` how full the quota is (0 to 1). */
export function paceOf(
  open: readonly Watched[],
  now: number,
  { pages, load }: { readonly pages: number; readonly load: number },
): number {
  const lively = open.some((r) => r.state === 'running' || r.cancel !== null || now - r.submittedAt < livelyForMs);
  const over = Math.min(Math.max((load - slowFromLoad) / (1 - slowFromLoad), 0), 1);
  return Math.max(lively ? livelyPaceMs : calmPaceMs, pages * pacePerPageMs) * (1 + over * (slowest - 1));
}

/** Follows all open actions with one filtered list call a tick, whichever replica makes it, and never one call an action. */
export function createActionWatch(options: DispatchOptions): {
  start(): Promise<readonly Task[]>;
  nextDueAt(): Promise<number | null>;
} {
  const { store, clock, random, log } = options;
  const defender: Defender = options.defender.forPurpose('follow');
  /** When each was last asked for by id, so that a few that answer badly do not keep the others from their turn. */
  const askedAt = new Map<RequestId, number>();
  /** Since when the list calls it failed although asking for it did not confirm that. */
  const failedSince = new Map<RequestId, number>();

  return {
    async start() {
      if (!isFree(await store.fact<Poll>(pollFact), clock.now())) return [];
      const open = await readOpen();
      if (open.length === 0) return [];
      const token = await claim();
      return token === null ? [] : [{ what: 'poll', done: poll(open, token) }];
    },
    async nextDueAt() {
      if ((await readOpen()).length === 0) return null;
      const poll = await store.fact<Poll>(pollFact);
      if (poll === null || isFree(poll, clock.now())) return 0;
      return poll.token === null ? poll.dueAt : Math.max(poll.dueAt, poll.leaseUntil);
    },
  };

  async function readOpen(): Promise<readonly Watched[]> {
    return (await store.requestsIn(['pending', 'running'])).map((s) => s.request as Watched);
  }

  async function claim(): Promise<string | null> {
    const token = Buffer.from(random(12)).toString('hex');
    return store.transact(async (tx) => {
      const now = clock.now();
      const before = await tx.lockFact<Poll>(pollFact);
      if (!isFree(before, now)) return null; // guard: one-reader-at-a-time
      await tx.saveFact(pollFact, { dueAt: before?.dueAt ?? now, token, leaseUntil: now + leaseMs } satisfies Poll);
      return token;
    });
  }

  async function poll(open: readonly Watched[], token: string): Promise<void> {
    const startedAt = clock.now();
    let waitMs = pauseAfterFailureMs;
    try {
      const { listed, pages } = await readList(open, startedAt);
      await followAll(open, listed, token);
      waitMs = paceOf(open, startedAt, { pages, load: await readLoad(store, 'listActions', clock.now()) });
    } catch (error) {
      if (!(error instanceof DefenderError)) throw error;
      waitMs = Math.min(Math.max(error.retryAfterMs ?? 0, pauseAfterFailureMs), longestPauseMs);
      log.warn({ code: error.code, waitMs }, 'The open actions could not be read; cards show what was last known');
    } finally {
      await release(token, Math.max(startedAt + waitMs, clock.now() + shortestPauseMs));
    }
  }

  async function release(token: string, dueAt: number): Promise<void> {
    await store.transact(async (tx) => {
      if ((await tx.lockFact<Poll>(pollFact))?.token !== token) return;
      await tx.saveFact(pollFact, { dueAt, token: null, leaseUntil: 0 } satisfies Poll);
    });
  }

  /** The list by id; null when a page of it cannot be read, and each action must be asked for. */
  async function readList(open: readonly Watched[], now: number): Promise<Listed> {
    const oldest = Math.min(...open.map((r) => r.submittedAt)) - listMarginMs;
    try {
      const { actions, pages } = await defender.listActions(oldest, Math.max(oldest, now - endedListedForMs));
      return { listed: new Map(actions.map((a) => [a.actionId, a])), pages };
    } catch (error) {
      if (!(error instanceof DefenderError) || !unreadable.includes(error.code)) throw error;
      log.warn({ code: error.code }, 'The list of actions cannot be read; they are asked for one by one');
      return { listed: null, pages: 1 };
    }
  }

  /** What the list tells is recorded first; then those that it leaves open are asked for, each by itself: one that fails holds up no other. */
  async function followAll(open: readonly Watched[], listed: Listed['listed'], token: string): Promise<void> {
    const now = clock.now();
    const unsure: Array<{ readonly request: Watched; readonly action: MachineAction | null }> = [];
    for (const request of open) {
      const action = listed?.get(request.actionId) ?? null;
      if (action?.status !== 'Failed') failedSince.delete(request.id);
      if (action === null ? listed === null || isOld(request, now) : action.status === 'Failed')
        unsure.push({ request, action });
      else if (action !== null) await record(request, { type: 'observed', action }, token);
    }
    for (const known of [askedAt, failedSince])
      for (const id of known.keys()) if (!open.some((r) => r.id === id)) known.delete(id);
    const turn = ({ request }: { readonly request: Watched }): number => askedAt.get(request.id) ?? 0;
    const asked = unsure.sort((a, b) => turn(a) - turn(b)).slice(0, mostAsked);
    const ends = await Promise.allSettled(asked.map(({ request, action }) => ask(request, action, token)));
    const bug = ends.find((end) => end.status === 'rejected');
    if (bug !== undefined) throw bug.reason;
  }

  async function ask(request: Watched, listed: MachineAction | null, token: string): Promise<void> {
    askedAt.set(request.id, clock.now());
    try {
      const action = await defender.getAction(request.actionId);
      // A failed action was seen to recover when read again (VMRAY, defender-api.md §2.2): one confirming read is cheap.
      const event = eventOf(request, action ?? listed);
      if (event !== null) await record(request, event, token);
    } catch (error) {
      if (!(error instanceof DefenderError)) throw error;
      log.warn({ requestId: request.id, code: error.code }, 'An action could not be asked for; it is asked again');
      if (listed === null) return;
      const since = failedSince.get(request.id) ?? clock.now();
      failedSince.set(request.id, since);
      if (clock.now() - since >= believeFailureAfterMs)
        await record(request, { type: 'observed', action: listed }, token);
    }
  }

  function eventOf(request: Watched, action: MachineAction | null): Event | null {
    if (action !== null) return { type: 'observed', action };
    return isOld(request, clock.now()) ? { type: 'vanished' } : null;
  }

  /** Only while the poll is ours: whoever took it over may have seen something later than we did. */
  async function record(request: Watched, event: Event, token: string): Promise<void> {
    const next = transition(request, event, clock.now());
    if (next.ok && next.value.request === request && next.value.effects.length === 0) return;
    await store.transact(async (tx) => {
      if ((await tx.lockFact<Poll>(pollFact))?.token !== token) return; // guard: late-read-changes-nothing
      const stored = await tx.request(request.id);
      if (stored && !isFinal(stored.request.state)) await applyEvent(tx, stored, event, 'defender', clock.now());
    });
  }
}

interface Listed {
  readonly listed: ReadonlyMap<string, MachineAction> | null;
  readonly pages: number;
}

/** With these the next list would fail as well, while a single action may be readable. */
const unreadable: readonly string[] = ['defender.badAnswer', 'defender.answerTooLarge'];

/** So old that Defender no longer hides it: not seeing it means something. */
const isOld = (request: Watched, now: number): boolean => now - request.submittedAt >= hiddenForMs;

/** Due, and nobody reads. What lies further ahead than we ever wait was written by a clock that has been set back since. */
function isFree(poll: Poll | null, now: number): boolean {
  if (poll === null) return true;
  const isDue = poll.dueAt <= now || poll.dueAt > now + longestPauseMs;
  const isHeld = poll.token !== null && poll.leaseUntil > now && poll.leaseUntil <= now + leaseMs;
  return isDue && !isHeld;
}
