import { bypassEntry } from '../audit/entry';
import type { Defender, MachineAction } from '../defender/client';
import { DefenderError } from '../defender/errors';
import { postTo, postToPeople } from '../flow/decide/approvers';
import { type Clock, hours, minutes } from '../lib/clock';
import type { Log } from '../lib/log';
import type { DueWork } from '../lib/loop';
import { readMarker } from '../request/ask/digest';
import type { LiveResponseRequest } from '../request/request';
import { restoredFact } from '../store/offline/restored';
import type { Store, Tx } from '../store/store';
import { bypassPost } from '../thread/posts/bypass-post';
import { actionIdsOf, type BypassKind, judgeAction } from './bypass';

/** Where it is kept how far Defender's list has been compared, and what Defender was seen to call us. */
export const bypassFact = 'bypass.look';
/** How many actions have raised an alarm so far. */
export const bypassCountFact = 'bypass.count';

/** 12 of the 1,500 reads an hour (defender-api.md §1.2). */
const everyMs = minutes(5);
/** Far longer than Defender hides a new action (§1.2), an action is too young to judge, and clocks differ. */
const overlapMs = minutes(30);
/** Below what marks of handled activities (three days) and requests (a week at least) are kept for, so that neither is missed. */
const longestLookBackMs = hours(48);
/** An app has one name and one id; some more were seen after it was renamed. */
const mostNames = 8;

interface Look {
  /** What is older was there before this watch, and is not judged. */
  readonly since: number;
  readonly lookedAt: number;
  readonly dueAt: number;
  readonly names: readonly string[];
}

interface Bypass {
  readonly kind: BypassKind;
  readonly action: MachineAction;
}

export interface BypassWatchOptions {
  readonly store: Store;
  readonly defender: Defender;
  /** By which Defender may call this app, as far as settings and token tell; what it really says is learned from our own actions. */
  readonly ownNames: () => Promise<readonly string[]>;
  readonly approvers: () => Promise<readonly string[]>;
  /** Told as well; null: no conversation beside the approvers' own chats. */
  readonly conversationId: string | null;
  readonly clock: Clock;
  readonly log: Log;
  readonly trial: boolean;
}

/**
 * Lists the live responses of our own identity in Defender and raises an alarm for each that the journal does not account for: somebody
 * uses the identity past the approvals (T-23). One of all replicas looks; each action is told once.
 */
export function createBypassWatch(options: BypassWatchOptions): DueWork {
  const { store, clock, log } = options;
  return {
    async startDue() {
      const known = await store.fact<Look>(bypassFact);
      if (known !== null && known.dueAt > clock.now() && known.dueAt <= clock.now() + everyMs) return 0;
      const look = await claim(options);
      if (look === null) return 0;
      try {
        return await compare(options, look);
      } catch (error) {
        if (!(error instanceof DefenderError)) throw error;
        log.warn({ code: error.code }, 'Defender’s list could not be compared with the journal; it is tried again');
        return 0;
      }
    },
    async nextDueAt() {
      return (await store.fact<Look>(bypassFact))?.dueAt ?? 0;
    },
  };
}

/** Null: another replica looks. The next look is due whatever becomes of this one. */
function claim({ store, clock }: BypassWatchOptions): Promise<Look | null> {
  return store.transact(async (tx) => {
    const now = clock.now();
    const before = await tx.lockFact<Look>(bypassFact);
    if (before !== null && before.dueAt > now && before.dueAt <= now + everyMs) return null;
    const look: Look = { since: now, names: [], lookedAt: now, ...before, dueAt: now + everyMs };
    await tx.saveFact(bypassFact, look);
    return before === null ? null : look;
  });
}

async function compare(options: BypassWatchOptions, look: Look): Promise<number> {
  const { store, defender, clock } = options;
  const startedAt = clock.now();
  const from = Math.max(Math.min(look.lookedAt, startedAt) - overlapMs, startedAt - longestLookBackMs);
  const { actions } = await defender.listActions(from);
  const requests = await readRequests(store, actions);
  // What ran between a backup and its return is in no journal.
  const restoredAt = (await store.fact<number>(restoredFact)) ?? 0;
  const names = learnNames(look.names, actions, requests);
  const ownNames = new Set([...names, ...(await options.ownNames())].map((name) => name.toLowerCase()));
  const found = actions
    .filter(({ createdAt }) => createdAt >= look.since)
    .filter(({ createdAt }) => createdAt >= restoredAt) // guard: restored-journal-raises-no-alarm
    .flatMap((action): readonly Bypass[] => {
      const request = requests.get(action.actionId) ?? null;
      const standing = judgeAction(action, { ownNames, request, now: startedAt });
      return standing.type === 'bypass' ? [{ kind: standing.kind, action }] : [];
    });
  const told = found.length === 0 ? 0 : await tell(options, found);
  await store.transact(async (tx) => {
    const now = (await tx.lockFact<Look>(bypassFact)) ?? look;
    await tx.saveFact(bypassFact, { ...now, lookedAt: Math.max(now.lookedAt, startedAt), names });
  });
  return told;
}

/** By action id: the request whose marker it carries. Read after the list, so that what the list shows has had its chance to be stored. */
async function readRequests(
  store: Store,
  actions: readonly MachineAction[],
): Promise<ReadonlyMap<string, LiveResponseRequest>> {
  const requests = new Map<string, LiveResponseRequest>();
  for (const { actionId, comment } of actions) {
    const marked = readMarker(comment);
    const stored = marked === null ? null : await store.request(marked.id);
    if (stored !== null) requests.set(actionId, stored.request);
  }
  return requests;
}

async function tell(options: BypassWatchOptions, found: readonly Bypass[]): Promise<number> {
  const approvers = await options.approvers();
  const told = await options.store.transact((tx) => tellOnce(options, tx, found, approvers));
  for (const { kind, action } of told)
    options.log.error(
      { actionId: action.actionId, machineId: action.machineId, kind },
      'A live response of this identity in Defender has no entry in the journal: somebody may use it past the approvals',
    );
  return told.length;
}

async function tellOnce(
  { clock, trial, conversationId }: BypassWatchOptions,
  tx: Tx,
  found: readonly Bypass[],
  approvers: readonly string[],
): Promise<readonly Bypass[]> {
  const now = clock.now();
  const fresh: Bypass[] = [];
  for (const bypass of found) {
    if (!(await tx.claimActivity(`bypass:${bypass.action.actionId}`, now))) continue; // guard: one-alarm-an-action
    fresh.push(bypass);
  }
  if (fresh.length === 0) return [];
  for (const { kind, action } of fresh)
    await tx.appendAudit(bypassEntry({ kind, ...action, comment: action.comment ?? '' }, now)); // guard: bypass-audited
  await tx.saveFact(bypassCountFact, ((await tx.lockFact<number>(bypassCountFact)) ?? 0) + fresh.length);
  const post = bypassPost(
    fresh.map(({ kind, action }) => ({
      kind,
      ...action,
      comment: action.comment ?? '',
      device: action.machineName ?? action.machineId ?? 'unknown',
    })),
    { trial },
  );
  await postToPeople(tx, approvers, post, now); // guard: bypass-told-to-approvers
  if (conversationId !== null && (await tx.place(conversationId)) !== null) await postTo(tx, conversationId, post, now);
  return fresh;
}

/** What Defender calls us: the requestor of actions whose id we stored ourselves. A marker alone would let anybody make us take their name for ours. */
function learnNames(
  known: readonly string[],
  actions: readonly MachineAction[],
  requests: ReadonlyMap<string, LiveResponseRequest>,
): readonly string[] {
  const seen = actions.flatMap(({ actionId, requestor }) => {
    const request = requests.get(actionId);
    if (request === undefined || requestor === null) return [];
    if (!actionIdsOf(request).includes(actionId)) return []; // guard: names-are-learned-from-our-actions
    return [requestor.toLowerCase()];
  });
  return [...new Set([...seen, ...known])].slice(0, mostNames);
}
