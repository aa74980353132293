import { createHash } from 'node:crypto';
import { refusedEntry } from '../../audit/entry';
import { reconsider } from '../../dispatch/reconsider';
import type { RandomBytes } from '../../lib/random';
import { err, ok, type Result } from '../../lib/result';
import { mayAsk } from '../../policy/evaluate';
import { personKeyOf } from '../../policy/people';
import { type Groups, mayCancel, mayVote, roleOf, seatGroupsOf } from '../../policy/policy';
import { findRunbookChanges } from '../../request/ask/runbook-change';
import { parseRequestId } from '../../request/id';
import {
  type AwaitingApproval,
  type Decision,
  type Digest,
  isFinal,
  type LiveResponseRequest,
  type RequestId,
} from '../../request/request';
import { readBeside } from '../../request/votes/questions';
import { versionsOf } from '../../runbooks/runbook';
import { applyEvent, readApprovedHashes } from '../../store/commit/apply';
import { misplacedFact } from '../../store/history/prune';
import type { Card } from '../../store/rows/cards';
import { isPolicySuperseded } from '../../store/rows/policy-in-force';
import type { Stored } from '../../store/rows/requests';
import type { Tx } from '../../store/store';
import { postRow } from '../../store/work/ordering-key';
import { requestCard } from '../../thread/cards/request-card';
import type { Post } from '../../thread/kit/post';
import { sentencePost } from '../../thread/kit/sentence';
import type { Turn } from '../../thread/kit/turn';
import { answers } from '../../thread/sentences/answers';
import type { Refusal } from '../../thread/sentences/refusals';
import type { FlowOptions } from '../answer';
import { unknownRequest } from '../show/near';
import { findMissingCard } from '../show/pruned';
import { toRefusal, voteRefusal } from './refusal-of';

/** What a decision came to: the request as it now is, or why it did not count. */
export type Decided = Result<Stored, Refusal>;

/** One person deciding in one transaction. The groups were read before it began: a transaction waits for nobody outside. */
export interface Scene {
  readonly tx: Tx;
  readonly options: FlowOptions;
  readonly turn: Turn;
  readonly groups: Groups;
}

/** 24 bytes: nobody guesses one, and each drawing of a card gets its own. */
export const newToken = (random: RandomBytes): string => Buffer.from(random(24)).toString('base64url');

export const hashToken = (token: string): string => createHash('sha256').update(token, 'utf8').digest('hex');

/**
 * A vote by a card. The card's data is only an opaque token: what it may decide, for whom and from where is the store's (T-8, T-10).
 * A refused vote is audited and changes nothing; one from the wrong place is told in the thread that the request belongs to.
 */
export async function voteByCard(
  scene: Scene,
  vote: { readonly token: string; readonly decision: Decision; readonly reason: string | null },
): Promise<Decided> {
  const { tx, turn } = scene;
  const token = await tx.voteToken(hashToken(vote.token));
  const stored = token === null ? null : await tx.request(token.requestId);
  const copy = token === null ? null : await tx.card(token.cardId);
  if (token === null || stored === null || copy === null) return refuse(scene, null, await findMissingCard(tx, turn)); // guard: card-token-known
  const beside = readBeside(token.shown);
  if (beside !== null && vote.decision !== 'deny') return refuse(scene, stored.request.id, { type: 'cardOutdated' }); // guard: beside-cards-do-not-approve
  const misplaced = findMisplaced(turn, stored.request, copy, { isBeside: beside !== null });
  // All who see the card in the thread have the same token: it says what they were shown, and each of them counts once (T-9).
  if (misplaced === null) return castVote(scene, stored, { ...vote, digest: (beside ?? token.shown) as Digest });
  if (misplaced.type !== 'cardOutdated') await tellThread(scene, stored.request, misplaced);
  return refuse(scene, stored.request.id, misplaced);
}

/** The request's card as the person who looks at it may use it: with a token of its own where their vote would count, else without buttons. */
export async function viewByCard(scene: Scene, shownToken: string): Promise<Result<Post, Refusal>> {
  const { tx, options, turn, groups } = scene;
  const known = await tx.voteToken(hashToken(shownToken));
  const stored = known === null ? null : await tx.request(known.requestId);
  const copy = known === null ? null : await tx.card(known.cardId);
  if (stored === null || copy === null) return err(await findMissingCard(tx, turn));
  if (findMisplaced(turn, stored.request, copy) !== null) return err({ type: 'cardOutdated' });
  const { request } = stored;
  const mayDecide =
    request.state === 'awaitingApproval' &&
    !request.votes.some((v) => v.by.id === turn.person.id) &&
    mayVote(options.policy(), groups, request, turn.person, request.digest).ok;
  const token = mayDecide ? newToken(options.random) : null;
  if (token !== null) {
    await tx.addVoteToken({
      tokenHash: hashToken(token),
      requestId: request.id,
      cardId: copy.cardId,
      shown: request.digest,
    });
  }
  const audience = copy.audience === 'approver' ? 'approver' : 'thread';
  return ok(requestCard(await options.views.of(tx, stored), { audience, token }));
}

/**
 * A vote by words, for when a card fails. It counts only where the person was shown the request: in their own chat after their card
 * was posted there, or in the conversation that it was asked in. Once it was asked again, only the digest says which round is meant.
 */
export async function voteByWords(
  scene: Scene,
  vote: {
    readonly id: RequestId;
    readonly decision: Decision;
    readonly reason: string | null;
    readonly shortDigest: string | null;
  },
): Promise<Decided> {
  const { tx, turn } = scene;
  const stored = await tx.request(vote.id);
  if (stored === null || stored.request.tenantId !== turn.tenantId)
    return refuse(scene, null, await notKnown(scene, vote.id));
  const { request } = stored;
  if (turn.person.id === request.requester.id) return castVote(scene, stored, { ...vote, digest: request.digest });
  const wasShown = (await tx.cards(vote.id)).some(
    (c) =>
      c.audience !== 'reader' &&
      c.audience !== 'board' &&
      c.activityId !== null &&
      c.conversationId === turn.place.conversationId,
  );
  if (!wasShown) return refuse(scene, vote.id, { type: 'wrongConversation' }); // guard: words-count-where-it-was-shown
  const typed = vote.shortDigest ?? (request.round === 1 || vote.decision === 'deny' ? request.digest : '');
  const isOpen = request.state === 'awaitingApproval';
  if (isOpen && (typed === '' || !request.digest.startsWith(typed)))
    // guard: typed-digest-must-match
    return refuse(scene, vote.id, { type: 'requestChanged' });
  return castVote(scene, stored, { ...vote, digest: request.digest });
}

/** A cancel by the requester or somebody who may approve; before a decision it withdraws the request. */
export async function cancel(
  scene: Scene,
  wish: { readonly id: string; readonly reason: string | null; readonly onlyWaiting?: boolean },
): Promise<Decided> {
  const { tx, options, turn, groups } = scene;
  const id = parseRequestId(wish.id);
  const stored = id === null ? null : await tx.request(id);
  if (id === null || stored === null || stored.request.tenantId !== turn.tenantId)
    return refuse(scene, null, await notKnown(scene, wish.id));
  if (!mayCancel(options.policy(), groups, stored.request, turn.person)) return refuse(scene, id, { type: 'notYours' }); // guard: only-requester-and-approvers-cancel
  const event = {
    type: 'cancelAsked',
    by: turn.person,
    reason: wish.reason,
    ...(wish.onlyWaiting ? { onlyWaiting: true as const } : {}),
  } as const;
  const outcome = await applyEvent(tx, stored, event, { personId: turn.person.id }, turn.at);
  if (!outcome.ok) return refuse(scene, id, toRefusal(outcome.error, stored.request));
  return reread(tx, id);
}

/** The request's card for the person who clicked, as it is now; its buttons come with the next update of the message itself. */
export async function cardAfter(options: FlowOptions, stored: Stored): Promise<ReturnType<typeof requestCard>> {
  return requestCard(await options.views.of(options.store, stored), { audience: 'approver', token: null });
}

async function castVote(
  scene: Scene,
  stored: Stored,
  vote: { readonly decision: Decision; readonly reason: string | null; readonly digest: Digest },
): Promise<Decided> {
  const { tx, options, turn, groups } = scene;
  const { request } = stored;
  const policy = options.policy();
  if (await isPolicySuperseded(tx, policy)) return refuse(scene, request.id, { type: 'policyOutrun' }); // guard: no-vote-under-an-outrun-policy
  // A denial is safe whoever asked, and a late click is told who decided.
  const asks =
    vote.decision === 'approve' && request.state === 'awaitingApproval' ? await findLostAsker(scene, stored) : null;
  if (asks !== null) return asks;
  const changes = findRunbookChanges(request, versionsOf(options.runbooks()));
  if (vote.decision === 'approve' && request.state === 'awaitingApproval' && changes.length > 0) {
    await applyEvent(tx, stored, { type: 'changed', changes }, 'bot', turn.at);
    return refuse(scene, request.id, { type: 'runbookChanged', name: request.runbook?.name ?? '' }); // guard: vote-over-the-runbook-in-force
  }
  if (request.state === 'awaitingApproval') {
    const allowed = mayVote(policy, groups, request, turn.person, vote.digest);
    if (!allowed.ok) {
      if (allowed.error.type === 'policyChanged') await askAgain(scene, { ...stored, request });
      return refuse(scene, request.id, voteRefusal(allowed.error));
    }
  }
  const { decision, digest, reason } = vote;
  const personKey = personKeyOf(policy, turn.person.id);
  const seats = seatGroupsOf(groups, request.bar.seats, turn.person.id);
  const event = {
    type: 'voted',
    vote: { by: turn.person, personKey, groups: seats, decision, digest, reason, at: turn.at },
  } as const;
  const outcome = await applyEvent(tx, stored, event, { personId: turn.person.id }, turn.at);
  if (!outcome.ok) return refuse(scene, request.id, toRefusal(outcome.error, request));
  return reread(tx, request.id);
}

/** A request of somebody who may not ask any more is void at the next vote; one whose right cannot be read is not decided (T-16). */
export async function findLostAsker(scene: Scene, stored: Stored): Promise<Extract<Decided, { ok: false }> | null> {
  const { tx, options, turn, groups } = scene;
  const { request } = stored;
  if (isFinal(request.state)) return null;
  const asks = mayAsk(options.policy(), groups, request.requester.id);
  if (asks.ok) return null;
  if (asks.error.type === 'groupUnreadable') return refuse(scene, request.id, asks.error);
  if (request.state === 'awaitingApproval')
    await applyEvent(tx, stored, { type: 'changed', changes: [{ type: 'mayNotAskAnyMore' }] }, 'bot', turn.at);
  return refuse(scene, request.id, { type: 'askerLostRight' }); // guard: requester-compared-at-each-vote
}

/** The policy is another one than the cards were drawn under: what was counted counts no more (T-16). */
async function askAgain(
  { tx, options, turn, groups }: Scene,
  stored: Stored & { readonly request: AwaitingApproval },
): Promise<void> {
  const approved = await readApprovedHashes(tx, stored.request.library);
  const now = reconsider(options.policy(), groups, stored.request, { approved, queueMs: options.queueMs });
  if (now.type === 'askAgain')
    await applyEvent(tx, stored, { type: 'askedAgain', because: now.because, terms: now.terms }, 'bot', turn.at);
  if (now.type === 'void') await applyEvent(tx, stored, { type: 'changed', changes: now.changes }, 'bot', turn.at);
}

/** A try to decide from elsewhere is news for those whose request it is, once a person: more would crowd out what they wait for (T-10). */
async function tellThread({ tx, options, turn }: Scene, request: LiveResponseRequest, refusal: Refusal): Promise<void> {
  const fact = misplacedFact(request.id);
  const told = (await tx.lockFact<readonly string[]>(fact)) ?? [];
  if (told.includes(turn.person.id)) return; // guard: one-notice-a-person
  await tx.saveFact(fact, [...told, turn.person.id]);
  const { name } = turn.person;
  const text =
    refusal.type === 'notYourCard' ? answers.onOthersCard(name, request.id) : answers.fromElsewhere(name, request.id);
  const post = sentencePost(text, { trial: options.trial, summary: `${request.id}: a vote from the wrong place` });
  await tx.addWork([postRow(request.conversationId, post, { requestId: request.id, at: turn.at })]);
}

/**
 * A card counts only where it was posted and for whom: a forwarded or copied one does not (T-10). `isBeside`: what was pressed is a card of its own
 * that this copy opened, so that only the conversation and the person are the same.
 */
export function findMisplaced(
  turn: Turn,
  request: LiveResponseRequest,
  copy: Card,
  { isBeside = false }: { readonly isBeside?: boolean } = {},
): Refusal | null {
  if (turn.tenantId !== request.tenantId || turn.place.conversationId !== copy.conversationId)
    return { type: 'wrongConversation' }; // guard: card-counts-where-it-was-posted
  if (copy.personId !== null && copy.personId !== turn.person.id) return { type: 'notYourCard' }; // guard: card-counts-for-whom-it-was-sent
  if (copy.audience === 'replaced') return { type: 'cardOutdated' }; // guard: replaced-card-takes-no-vote
  if (isBeside) return null;
  if (copy.activityId !== null && turn.replyToId !== null && turn.replyToId !== copy.activityId)
    return { type: 'cardOutdated' };
  return null;
}

export const notKnown = ({ tx, options, turn, groups }: Scene, id: string): Promise<Refusal> => {
  const { mayAsk, mayApprove } = roleOf(options.policy(), groups, turn.person.id);
  return unknownRequest(tx, { id, turn, hasRole: mayAsk || mayApprove });
};

/** Nothing changes, and the audit keeps that it was tried. */
export async function refuse(
  { tx, turn }: Scene,
  requestId: RequestId | null,
  refusal: Refusal,
): Promise<{ readonly ok: false; readonly error: Refusal }> {
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

export async function reread(tx: Tx, id: RequestId): Promise<Decided> {
  const stored = await tx.request(id);
  if (stored === null) throw new Error(`Request ${id} was saved and is gone.`);
  return ok(stored);
}
