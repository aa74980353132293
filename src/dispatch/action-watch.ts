import type { MachineAction } from '../defender/client';
import { DefenderError } from '../defender/errors';
import { minutes, seconds } from '../lib/clock';
import type { Event } from '../request/event';
import type { InState, RequestId } from '../request/request';
import { isFinal } from '../request/request';
import { transition } from '../request/transition';
import { applyEvent } from '../store/apply';
import type { DispatchOptions, Task } from './options';

type Watched = InState<'pending' | 'running'>;

export const pollFact = 'watch.dueAt';

/** 5 s is 720 reads an hour, within the 1,500 that all reads share (defender-api.md §1.2). */
const livelyPaceMs = seconds(5);
/** While nothing but devices that are not reached is open. */
const calmPaceMs = seconds(15);
const livelyForMs = minutes(5);
/** Defender may hide a new action for up to about two minutes (§1.2); the rest is margin. */
const hiddenForMs = seconds(150);
/** The list is asked from a little before the oldest action that we wait for, since clocks differ. */
const listMarginMs = minutes(5);

/** How long until the open actions are read again. */
export const paceOf = (open: readonly Watched[], now: number): number =>
  open.some((r) => r.state === 'running' || r.cancel !== null || now - r.submittedAt < livelyForMs)
    ? livelyPaceMs
    : calmPaceMs;

/** Follows all open actions with one filtered list call a tick, never one call an action. */
export function createActionWatch(options: DispatchOptions): {
  start(): Promise<readonly Task[]>;
  nextDueAt(): Promise<number | null>;
} {
  const { store, defender, clock, log } = options;
  let reading = false;

  return {
    async start() {
      const open = await readOpen();
      if (reading || open.length === 0 || ((await store.fact<number>(pollFact)) ?? 0) > clock.now()) return [];
      reading = true;
      return [{ what: 'poll', done: poll(open).finally(() => (reading = false)) }];
    },
    async nextDueAt() {
      const open = await readOpen();
      return reading || open.length === 0 ? null : ((await store.fact<number>(pollFact)) ?? 0);
    },
  };

  async function readOpen(): Promise<readonly Watched[]> {
    return (await store.requestsIn(['pending', 'running'])).map((s) => s.request as Watched);
  }

  async function poll(open: readonly Watched[]): Promise<void> {
    let waitMs = paceOf(open, clock.now());
    try {
      const actions = await defender.listActions(Math.min(...open.map((r) => r.submittedAt)) - listMarginMs);
      const byId = new Map(actions.map((a) => [a.actionId, a]));
      for (const request of open) await follow(request, byId.get(request.actionId) ?? null);
    } catch (error) {
      if (!(error instanceof DefenderError)) throw error;
      waitMs = Math.max(error.retryAfterMs ?? 0, calmPaceMs);
      log.warn({ code: error.code, waitMs }, 'The open actions could not be read; cards show what was last known');
    } finally {
      await store.transact((tx) => tx.saveFact(pollFact, clock.now() + waitMs));
    }
  }

  async function follow(request: Watched, listed: MachineAction | null): Promise<void> {
    if (listed === null) {
      if (clock.now() - request.submittedAt < hiddenForMs) return;
      const action = await defender.getAction(request.actionId);
      return put(request.id, action === null ? { type: 'vanished' } : { type: 'observed', action });
    }
    // A failed action was seen to recover when read again (VMRAY, defender-api.md §2.2): one confirming read is cheap.
    const action = listed.status === 'Failed' ? ((await defender.getAction(request.actionId)) ?? listed) : listed;
    const next = transition(request, { type: 'observed', action }, clock.now());
    if (next.ok && next.value.request === request && next.value.effects.length === 0) return;
    return put(request.id, { type: 'observed', action });
  }

  async function put(id: RequestId, event: Event): Promise<void> {
    await store.transact(async (tx) => {
      const stored = await tx.request(id);
      if (stored && !isFinal(stored.request.state)) await applyEvent(tx, stored, event, 'defender', clock.now());
    });
  }
}
