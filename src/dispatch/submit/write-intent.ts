import { personKeyOf } from '../../policy/people';
import { findRunbookChanges } from '../../request/ask/runbook-change';
import { type Pause, pauseFact } from '../../request/pause';
import type { Queued, Submitting } from '../../request/request';
import { waitingOf } from '../../request/waiting';
import { applyEvent } from '../../store/commit/apply';
import { findGlassDebt } from '../../store/rows/glass-debt';
import { isPolicySuperseded } from '../../store/rows/policy-in-force';
import type { Tx } from '../../store/store';
import type { ClaimedWork } from '../../store/work/claims';
import { mayGoOfBatch } from '../batches/read-batch';
import { admissionFact, type LearnedLimits } from '../limits';
import type { DispatchOptions } from '../options';
import { mayGo } from '../room';
import { readRoom } from '../views';
import { checkFailed } from './answer-to-post';
import { isStillFresh } from './compare-before-post';
import { submitLeaseMs } from './may-post';

/** A claimed submission, and when its claim was begun (epoch ms). */
export interface Claim {
  readonly row: ClaimedWork;
  readonly claimedAt: number;
}

/**
 * The intent is on disk before the POST, so that whatever dies after it is looked up and never sent again. One transaction asks again all
 * that may have changed since the comparison, which was begun at `comparedFrom` (epoch ms), then writes attempt, intent and claim. No claim:
 * the request does not go now, and why is stored where anybody must know.
 */
export async function writeIntent(
  options: DispatchOptions,
  request: Queued,
  comparedFrom: number,
): Promise<readonly Claim[]> {
  const { store, clock, log } = options;
  // Before the transaction, so that whoever is stopped in it or right after it knows how late it is.
  const claimedAt = clock.now();
  const rows = await store.transact(async (tx) => {
    const learned = await tx.lockFact<LearnedLimits>(admissionFact);
    const stored = await tx.request(request.id);
    // Asked again inside the transaction: since the check somebody may have paused, cancelled, taken the slot or opened a new round.
    if (stored?.request.state !== 'queued' || stored.request.digest !== request.digest) return []; // guard: only-what-was-checked-is-sent
    if (options.policy().version !== request.policyVersion) return []; // guard: policy-compared-in-the-transaction
    if (findRunbookChanges(stored.request, options.runbookVersions()).length > 0) return []; // guard: runbook-compared-in-the-transaction
    if (await isPolicySuperseded(tx, options.policy())) return []; // guard: nothing-is-sent-under-an-outrun-policy
    if ((await tx.fact<Pause>(pauseFact)) !== null) return []; // guard: nothing-is-sent-while-paused
    const now = clock.now();
    // guard: only-a-fresh-reading-is-compared
    if (!isStillFresh(comparedFrom, now)) {
      log.warn(
        { requestId: request.id, tookMs: now - comparedFrom },
        'The check before sending took too long; it is made again',
      );
      await applyEvent(tx, stored, checkFailed('service.late', now), 'bot', now);
      return [];
    }
    if (await isBarredByGlass(tx, stored.request)) {
      await applyEvent(tx, stored, checkFailed('review.open', now), 'bot', now);
      return [];
    }
    if (!(await mayGoOfBatch(tx, stored.request, now))) return [];
    const room = await readRoom(tx, { learned, limits: options.limits, now });
    if (!mayGo(waitingOf(stored.request), room)) return [];
    const admitted = await applyEvent(tx, stored, { type: 'admitted' }, 'bot', now);
    if (!admitted.ok) return [];
    await tx.addSubmission(request.id, (admitted.value as Submitting).attempts, now);
    await openReview(options, tx, stored.request);
    return claimSubmissions(options, tx);
  });
  return rows.map((row) => ({ row, claimedAt }));
}

/** Intents whose holder is gone: claimed a second time, they are looked up. A read comes first, so that a pass that finds none writes nothing. */
export async function claimOrphans(options: DispatchOptions): Promise<readonly Claim[]> {
  const { store, clock } = options;
  const claimedAt = clock.now();
  if (!(await store.isWorkDue(['submit'], claimedAt))) return [];
  const rows = await store.transact((tx) => claimSubmissions(options, tx));
  return rows.map((row) => ({ row, claimedAt }));
}

const claimSubmissions = ({ clock, random }: DispatchOptions, tx: Tx): Promise<readonly ClaimedWork[]> =>
  tx.claimWork({
    types: ['submit'],
    now: clock.now(),
    leaseMs: submitLeaseMs,
    limit: 20,
    leaseToken: Buffer.from(random(12)).toString('hex'),
  });

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
async function openReview({ policy, clock }: DispatchOptions, tx: Tx, request: Queued): Promise<void> {
  const { emergency } = request;
  if (emergency === null || (await tx.review(request.id)) !== null) return;
  const voters = request.votes.map((v) => v.personKey);
  await tx.insertReview({
    requestId: request.id,
    tenantId: request.tenantId,
    rule: request.bar.rule,
    incident: emergency.incident,
    reason: emergency.reason,
    openedAt: clock.now(),
    partakers: [...new Set([request.requesterKey, personKeyOf(policy(), emergency.by.id), ...voters])],
    opinions: [],
    closedAt: null,
  });
}
