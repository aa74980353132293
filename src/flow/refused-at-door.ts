import { refusedEntry } from '../audit/entry';
import { type Clock, minutes } from '../lib/clock';
import type { Log } from '../lib/log';
import type { DueWork } from '../lib/loop';
import type { Store } from '../store/store';
import { StoreError } from '../store/store-error';

/** What was turned away before any stage saw it. All fields are claims of a sender who was not let in. */
export interface RefusedAtDoor {
  readonly refusal: string;
  /** Entra object id as stated; null when there is none. */
  readonly personId: string | null;
  readonly tenantId: string | null;
  /** False: nobody vouches for what was stated, and anybody on the network can make such refusals. */
  readonly isAuthenticated: boolean;
}

/** The audit of the door: what is refused there is written at once, but for a burst of the same, which is counted. */
export interface DoorAudit extends DueWork {
  refused(what: RefusedAtDoor): Promise<void>;
}

/** A stranger who knocks all day must not be able to fill the disk (T-40). */
const windowMs = minutes(1);
const maxKinds = 200;
/** The longest id that an entry repeats; a GUID has 36. */
const maxIdLength = 64;

interface Burst {
  readonly what: RefusedAtDoor;
  readonly since: number;
  more: number;
}

/** Counts of a burst are in memory until its window ends: a crash in between loses the count, never the first entry. */
export function createDoorAudit(options: {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
}): DoorAudit {
  const { store, clock, log } = options;
  const bursts = new Map<string, Burst>();

  return {
    async refused(what) {
      const now = clock.now();
      const kind = kindOf(what);
      const known = bursts.get(kind) ?? (bursts.size < maxKinds ? undefined : bursts.get(what.refusal));
      if (known !== undefined) {
        known.more += 1; // guard: refusals-at-the-door-are-bounded
        return;
      }
      bursts.set(bursts.size < maxKinds ? kind : what.refusal, { what, since: now, more: 0 });
      await write(what, 1, now);
    },
    async startDue() {
      const now = clock.now();
      const over = [...bursts].filter(([, { since }]) => since + windowMs <= now);
      for (const [kind, { what, more }] of over) {
        bursts.delete(kind);
        if (more > 0) await write(what, more, now);
      }
      return over.length;
    },
    async nextDueAt() {
      const [oldest] = bursts.values();
      return oldest === undefined ? null : oldest.since + windowMs;
    },
  };

  /** The refusal stands whether or not it can be written; the log has it in any case. */
  async function write(what: RefusedAtDoor, times: number, at: number): Promise<void> {
    const { refusal, personId, tenantId, isAuthenticated } = what;
    const entry = refusedEntry({
      at,
      requestId: null,
      actor: isAuthenticated ? (cut(personId) ?? 'nobody') : 'nobody',
      refusal,
      detail: { where: 'door', tenantId: isAuthenticated ? cut(tenantId) : null, times },
    });
    try {
      await store.transact((tx) => tx.appendAudit(entry)); // guard: refusals-at-the-door-are-audited
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      log.error({ code: error.code, refusal }, 'A refusal could not be audited');
    }
  }
}

/** A sender who is not known cannot choose the kind, and so not make many of them. */
const kindOf = ({ refusal, personId, tenantId, isAuthenticated }: RefusedAtDoor): string =>
  isAuthenticated ? JSON.stringify([refusal, cut(tenantId), cut(personId)]) : refusal;

const cut = (id: string | null): string | null => id?.slice(0, maxIdLength) ?? null;
