import type { Defender, MachineAction } from '../../defender/client';
import { DefenderError } from '../../defender/errors';
import { minutes, seconds } from '../../lib/clock';
import type { Event } from '../../request/event';
import { isFinal, type RequestId } from '../../request/request';
import { transition } from '../../request/transition';
import { applyEvent } from '../../store/commit/apply';
import type { DispatchOptions, Task } from '../options';
import { readLoad } from '../reads-left';
import {
  longestPauseMs,
  mayPoll,
  type Poll,
  pauseAfterFailureMs,
  pollFact,
  pollIntervalOf,
  pollLeaseMs,
  shortestPauseMs,
  type Watched,
} from './next-poll';

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

/** What the watch works with. */
interface Watch extends DispatchOptions {
  /** Reads for the purpose of following. */
  readonly defender: Defender;
  /** When each was last asked for by id, so that a few that answer badly do not keep the others from their turn. */
  readonly askedAt: Map<RequestId, number>;
  /** When the list first called it failed although asking for it did not confirm that. */
  readonly failedAt: Map<RequestId, number>;
}

/** One that the list leaves open: what is listed of it, if anything. */
interface Unsure {
  readonly request: Watched;
  readonly action: MachineAction | null;
}

interface Listed {
  readonly listed: ReadonlyMap<string, MachineAction> | null;
  readonly pages: number;
}

/** Follows all open actions with one filtered list call a tick, whichever replica makes it, and never one call an action. */
export function createActionWatch(options: DispatchOptions): {
  start(): Promise<readonly Task[]>;
  nextDueAt(): Promise<number | null>;
} {
  const { store, clock } = options;
  const defender = options.defender.forPurpose('follow');
  const watch: Watch = { ...options, defender, askedAt: new Map(), failedAt: new Map() };

  return {
    async start() {
      if (!mayPoll(await store.fact<Poll>(pollFact), clock.now())) return [];
      const open = await readOpen(watch);
      if (open.length === 0) return [];
      const token = await claim(watch);
      return token === null ? [] : [{ what: 'poll', done: poll(watch, open, token) }];
    },
    async nextDueAt() {
      if ((await readOpen(watch)).length === 0) return null;
      const poll = await store.fact<Poll>(pollFact);
      if (poll === null || mayPoll(poll, clock.now())) return 0;
      return poll.token === null ? poll.dueAt : Math.max(poll.dueAt, poll.leaseUntil);
    },
  };
}

const readOpen = async ({ store }: Watch): Promise<readonly Watched[]> =>
  (await store.requestsIn(['pending', 'running'])).map((s) => s.request as Watched);

async function claim({ store, clock, random }: Watch): Promise<string | null> {
  const token = Buffer.from(random(12)).toString('hex');
  return store.transact(async (tx) => {
    const now = clock.now();
    const before = await tx.lockFact<Poll>(pollFact);
    if (!mayPoll(before, now)) return null; // guard: one-reader-at-a-time
    await tx.saveFact(pollFact, { dueAt: before?.dueAt ?? now, token, leaseUntil: now + pollLeaseMs } satisfies Poll);
    return token;
  });
}

async function poll(watch: Watch, open: readonly Watched[], token: string): Promise<void> {
  const { store, clock, log } = watch;
  const startedAt = clock.now();
  let waitMs = pauseAfterFailureMs;
  try {
    const { listed, pages } = await readList(watch, open, startedAt);
    await followAll(watch, open, listed, token);
    waitMs = pollIntervalOf(open, startedAt, { pages, load: await readLoad(store, 'listActions', clock.now()) });
  } catch (error) {
    if (!(error instanceof DefenderError)) throw error;
    waitMs = Math.min(Math.max(error.retryAfterMs ?? 0, pauseAfterFailureMs), longestPauseMs);
    log.warn({ code: error.code, waitMs }, 'The open actions could not be read; cards show what was last known');
  } finally {
    await release(watch, token, Math.max(startedAt + waitMs, clock.now() + shortestPauseMs));
  }
}

async function release({ store }: Watch, token: string, dueAt: number): Promise<void> {
  await store.transact(async (tx) => {
    if ((await tx.lockFact<Poll>(pollFact))?.token !== token) return;
    await tx.saveFact(pollFact, { dueAt, token: null, leaseUntil: 0 } satisfies Poll);
  });
}

/** The list by id; null when a page of it cannot be read, and each action must be asked for. */
async function readList({ defender, log }: Watch, open: readonly Watched[], now: number): Promise<Listed> {
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
async function followAll(
  watch: Watch,
  open: readonly Watched[],
  listed: Listed['listed'],
  token: string,
): Promise<void> {
  const { askedAt, failedAt, clock } = watch;
  const now = clock.now();
  const unsure: Unsure[] = [];
  for (const request of open) {
    const action = listed?.get(request.actionId) ?? null;
    if (action?.status !== 'Failed') failedAt.delete(request.id);
    if (action === null ? listed === null || isOld(request, now) : action.status === 'Failed')
      unsure.push({ request, action });
    else if (action !== null) await record(watch, request, { type: 'observed', action }, token);
  }
  for (const known of [askedAt, failedAt])
    for (const id of known.keys()) if (!open.some((r) => r.id === id)) known.delete(id);
  const turn = ({ request }: Unsure): number => askedAt.get(request.id) ?? 0;
  const asked = unsure.sort((a, b) => turn(a) - turn(b)).slice(0, mostAsked);
  const ends = await Promise.allSettled(asked.map((one) => ask(watch, one, token)));
  const bug = ends.find((end) => end.status === 'rejected');
  if (bug !== undefined) throw bug.reason;
}

async function ask(watch: Watch, { request, action: listed }: Unsure, token: string): Promise<void> {
  const { defender, askedAt, failedAt, clock, log } = watch;
  askedAt.set(request.id, clock.now());
  try {
    const action = await defender.getAction(request.actionId);
    // A failed action was seen to recover when read again (VMRAY, defender-api.md §2.2): one confirming read is cheap.
    const event = eventOf(request, action ?? listed, clock.now());
    if (event !== null) await record(watch, request, event, token);
  } catch (error) {
    if (!(error instanceof DefenderError)) throw error;
    log.warn({ requestId: request.id, code: error.code }, 'An action could not be asked for; it is asked again');
    if (listed === null) return;
    const firstFailedAt = failedAt.get(request.id) ?? clock.now();
    failedAt.set(request.id, firstFailedAt);
    if (clock.now() - firstFailedAt >= believeFailureAfterMs)
      await record(watch, request, { type: 'observed', action: listed }, token);
  }
}

function eventOf(request: Watched, action: MachineAction | null, now: number): Event | null {
  if (action !== null) return { type: 'observed', action };
  return isOld(request, now) ? { type: 'vanished' } : null;
}

/** Only while the poll is ours: whoever took it over may have seen something later than we did. */
async function record({ store, clock }: Watch, request: Watched, event: Event, token: string): Promise<void> {
  const next = transition(request, event, clock.now());
  if (next.ok && next.value.request === request && next.value.effects.length === 0) return;
  await store.transact(async (tx) => {
    if ((await tx.lockFact<Poll>(pollFact))?.token !== token) return; // guard: late-read-changes-nothing
    const stored = await tx.request(request.id);
    if (stored && !isFinal(stored.request.state)) await applyEvent(tx, stored, event, 'defender', clock.now());
  });
}

/** With these the next list would fail as well, while a single action may be readable. */
const unreadable: readonly string[] = ['defender.badAnswer', 'defender.answerTooLarge'];

/** So old that Defender no longer hides it: not seeing it means something. */
const isOld = (request: Watched, now: number): boolean => now - request.submittedAt >= hiddenForMs;
