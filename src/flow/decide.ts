import { createHash } from 'node:crypto';
import { refusedEntry } from '../audit/entry';
import { err, ok, type Result } from '../lib/result';
import { mayCancel, mayVote, type VoteRefusal } from '../policy/policy';
import { shortDigest } from '../request/digest';
import { parseRequestId } from '../request/id';
import type { Decision, Digest, LiveResponseRequest, RequestId } from '../request/request';
import type { TransitionRefusal } from '../request/transition';
import { applyEvent } from '../store/apply';
import type { Copy, Stored, Tx } from '../store/store';
import type { Refusal } from '../thread/refusals';
import { requestCard } from '../thread/request-card';
import type { Turn } from '../thread/turn';
import type { FlowOptions } from './answer';

/** What a decision came to: the request as it now is, or why it did not count. */
export type Decided = Result<Stored, Refusal>;

export const hashToken = (token: string): string => createHash('sha256').update(token, 'utf8').digest('hex');

/**
 * A vote by a card. The card's data is only an opaque token: what it may decide, for whom and from where is the store's (T-8, T-10).
 * A refused vote is audited and changes nothing.
 */
export async function voteByCard(
  tx: Tx,
  options: FlowOptions,
  turn: Turn,
  vote: { readonly token: string; readonly decision: Decision; readonly reason: string | null },
): Promise<Decided> {
  const token = await tx.voteToken(hashToken(vote.token));
  const stored = token === null ? null : await tx.request(token.requestId);
  const copy = token === null ? null : await tx.copy(token.copyId);
  if (token === null || stored === null || copy === null) return refuse(tx, turn, null, { type: 'cardOutdated' });
  const misplaced = findMisplaced(turn, stored.request, copy);
  if (misplaced !== null) return refuse(tx, turn, stored.request.id, misplaced);
  return castVote(tx, options, turn, stored, { ...vote, digest: token.digest });
}

/**
 * A vote by words, for when a card fails. It counts only where the person was shown the request: in their own chat after their card
 * was posted there, or in the conversation that it was asked in. A digest that they type must be the request's.
 */
export async function voteByWords(
  tx: Tx,
  options: FlowOptions,
  turn: Turn,
  vote: {
    readonly id: RequestId;
    readonly decision: Decision;
    readonly reason: string | null;
    readonly shortDigest: string | null;
  },
): Promise<Decided> {
  const stored = await tx.request(vote.id);
  if (stored === null || stored.request.tenantId !== turn.tenantId)
    return refuse(tx, turn, null, { type: 'unknownRequest', id: vote.id });
  const { request } = stored;
  const wasShown = (await tx.copies(vote.id)).some(
    (c) => c.activityId !== null && c.conversationId === turn.place.conversationId,
  );
  if (!wasShown) return refuse(tx, turn, vote.id, { type: 'wrongConversation' });
  if (vote.shortDigest !== null && !request.digest.startsWith(vote.shortDigest))
    return refuse(tx, turn, vote.id, {
      type: 'requestChanged',
      shown: vote.shortDigest,
      now: shortDigest(request.digest),
    });
  return castVote(tx, options, turn, stored, { ...vote, digest: request.digest });
}

/** A cancel by the requester or somebody who may approve; before a decision it withdraws the request. */
export async function cancel(
  tx: Tx,
  options: FlowOptions,
  turn: Turn,
  wish: { readonly id: string; readonly reason: string | null },
): Promise<Decided> {
  const id = parseRequestId(wish.id);
  const stored = id === null ? null : await tx.request(id);
  if (id === null || stored === null || stored.request.tenantId !== turn.tenantId)
    return refuse(tx, turn, null, { type: 'unknownRequest', id: wish.id });
  if (!mayCancel(options.policy(), stored.request, turn.person)) return refuse(tx, turn, id, { type: 'notYours' });
  const outcome = await applyEvent(
    tx,
    stored,
    { type: 'cancelAsked', by: turn.person, reason: wish.reason },
    { personId: turn.person.id },
    turn.at,
  );
  if (!outcome.ok) return refuse(tx, turn, id, toRefusal(outcome.error, stored.request));
  return reread(tx, id);
}

/** The request's card for the person who clicked, as it is now; its buttons come with the next update of the message itself. */
export async function cardAfter(tx: Tx, options: FlowOptions, stored: Stored): Promise<ReturnType<typeof requestCard>> {
  return requestCard(await options.views.of(tx, stored), { audience: 'approver', token: null });
}

async function castVote(
  tx: Tx,
  options: FlowOptions,
  turn: Turn,
  stored: Stored,
  vote: { readonly decision: Decision; readonly reason: string | null; readonly digest: Digest },
): Promise<Decided> {
  const { request } = stored;
  if (request.state === 'awaitingApproval') {
    const allowed = mayVote(options.policy(), request, turn.person, vote.digest);
    if (!allowed.ok) {
      if (allowed.error.type === 'policyChanged') {
        await applyEvent(tx, stored, { type: 'changed', changes: [{ type: 'policyChanged' }] }, 'bot', turn.at);
      }
      return refuse(tx, turn, request.id, voteRefusal(allowed.error, request));
    }
  }
  const { decision, digest } = vote;
  const event = {
    type: 'voted',
    vote: { by: turn.person, decision, digest, reason: vote.reason, at: turn.at },
  } as const;
  const outcome = await applyEvent(tx, stored, event, { personId: turn.person.id }, turn.at);
  if (!outcome.ok) return refuse(tx, turn, request.id, toRefusal(outcome.error, request));
  return reread(tx, request.id);
}

/** A card counts only where it was posted and for whom: a forwarded or copied one does not (T-10). */
function findMisplaced(turn: Turn, request: LiveResponseRequest, copy: Copy): Refusal | null {
  if (turn.tenantId !== request.tenantId || turn.place.conversationId !== copy.conversationId)
    return { type: 'wrongConversation' };
  if (copy.personId !== null && copy.personId !== turn.person.id) return { type: 'notYourCard' };
  if (copy.activityId !== null && turn.replyToId !== null && turn.replyToId !== copy.activityId)
    return { type: 'cardOutdated' };
  return null;
}

async function refuse(tx: Tx, turn: Turn, requestId: RequestId | null, refusal: Refusal): Promise<Decided> {
  await auditRefusal(tx, turn, requestId, refusal); // guard: refused-decision-audited
  return err(refusal);
}

/** Who was refused what, and where; what they wrote is in the conversation. */
export const auditRefusal = (tx: Tx, turn: Turn, requestId: RequestId | null, refusal: Refusal): Promise<void> =>
  tx.appendAudit(
    refusedEntry({
      at: turn.at,
      requestId,
      actor: turn.person.id,
      refusal: refusal.type,
      detail: { tenantId: turn.tenantId, conversationId: turn.place.conversationId },
    }),
  );

async function reread(tx: Tx, id: RequestId): Promise<Decided> {
  const stored = await tx.request(id);
  if (stored === null) throw new Error(`Request ${id} was saved and is gone.`);
  return ok(stored);
}

function voteRefusal(refusal: VoteRefusal, request: LiveResponseRequest): Refusal {
  if (refusal.type !== 'digestDiffers') return refusal;
  return { type: 'requestChanged', shown: shortDigest(refusal.shown), now: shortDigest(request.digest) };
}

function toRefusal(refusal: TransitionRefusal, request: LiveResponseRequest): Refusal {
  switch (refusal.type) {
    case 'requesterCannotVote':
    case 'notAnApprover':
    case 'denyNeedsReason':
    case 'notYours':
    case 'alreadyVoted':
      return { type: refusal.type };
    case 'digestDiffers':
      return { type: 'requestChanged', shown: '', now: shortDigest(request.digest) };
    case 'decideByPassed':
      return { type: 'expired', at: request.state === 'awaitingApproval' ? request.decideBy : request.createdAt };
    case 'alreadyDecided':
    case 'alreadyEnded':
    case 'alreadyCancelling':
    case 'notNow':
      return { type: 'alreadyDecided', request };
  }
}
