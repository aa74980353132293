import { shownEntry } from '../../audit/entry';
import { seconds } from '../../lib/clock';
import { ok, type Result } from '../../lib/result';
import { shortDigest } from '../../request/ask/digest';
import { type Board, boardFact } from '../../request/board';
import type { Effect, News } from '../../request/effect';
import type { Event } from '../../request/event';
import type { Transition, TransitionRefusal } from '../../request/outcome';
import type { LiveResponseRequest } from '../../request/request';
import { mayWait } from '../../request/round-up';
import { isEnd, isPosted } from '../../request/telling';
import { transition } from '../../request/transition';
import { keepKnownRefusal } from '../rows/known-refusals';
import type { Stored } from '../rows/requests';
import type { Reader, Tx } from '../store';
import { orderingKeyOf, orderingKeyOfCard } from '../work/ordering-key';
import type { NewWork } from '../work/work';
import { detailOf } from './audit-detail';
import { updateBoard } from './board';

/** Who or what caused a change: an Entra object id, or one of the three that are not people. */
export type Actor = { readonly personId: string } | 'defender' | 'clock' | 'bot';

/** Stores a new request with its first effects and audit entry, in the caller's transaction. */
export async function storeNewRequest(tx: Tx, opened: Transition, now: number): Promise<void> {
  const { request, effects } = opened;
  await tx.insertRequest(request);
  await tx.appendAudit({
    at: now,
    requestId: request.id,
    actor: request.requester.id,
    what: 'requested',
    detail: {
      digest: request.digest,
      machineId: request.device.machineId,
      device: request.device.name,
      commands: request.commands,
      library: request.library.map(({ fileName, sha256 }) => ({ fileName, sha256 })),
      reason: request.reason,
      policyVersion: request.policyVersion,
      approverIds: request.approverIds,
    },
  });
  await tx.appendAudit(shownEntry(request, now)); // guard: shown-text-audited
  await storeEffects(tx, request, effects, now);
  await updateBoard(tx, request, now);
}

/**
 * Puts one event to a request: next state, effects and audit entry go into the caller's transaction together (T-42).
 * A refusal changes nothing; an event that changes nothing writes nothing.
 */
export async function applyEvent(
  tx: Tx,
  stored: Stored,
  event: Event,
  actor: Actor,
  now: number,
): Promise<Result<LiveResponseRequest, TransitionRefusal>> {
  const outcome = transition(stored.request, event, now);
  if (!outcome.ok) return outcome;
  const { request, effects } = outcome.value;
  if (request === stored.request && effects.length === 0) return ok(request);
  if (request !== stored.request) await tx.saveRequest(request, stored.version);
  await tx.appendAudit({
    at: now,
    requestId: request.id,
    actor: typeof actor === 'string' ? actor : actor.personId,
    what: event.type,
    detail: { from: stored.request.state, to: request.state, digest: shortDigest(request.digest), ...detailOf(event) },
  });
  measure(tx, stored.request, request, now);
  if (request.digest !== stored.request.digest) await tx.appendAudit(shownEntry(request, now)); // guard: new-round-text-audited
  if (stored.request.state === 'awaitingApproval' && isApproved(request)) {
    for (const { fileName, sha256 } of request.library) await tx.saveFact(approvedFact(fileName), sha256);
  }
  await keepKnownRefusal(tx, request, event, now);
  await storeEffects(tx, request, effects, now);
  if (effects.some(({ type }) => type === 'updateCards')) await updateBoard(tx, request, now);
  return ok(request);
}

const isApproved = ({ state }: LiveResponseRequest): boolean => state === 'queued' || state === 'batchRunning';

/** How long people took to decide, and how long the decision then waited for its first submission. */
function measure(tx: Tx, before: LiveResponseRequest, after: LiveResponseRequest, now: number): void {
  if (before.state === 'awaitingApproval' && (isApproved(after) || after.state === 'denied'))
    tx.addDuration({ name: 'decision', outcome: isApproved(after) ? 'approved' : 'denied' }, now - before.createdAt);
  if (before.state === 'queued' && after.state === 'submitting' && after.attempts === 1)
    tx.addDuration({ name: 'submission', outcome: 'approved' }, now - before.approvedAt);
}

const approvedFact = (fileName: string): string => `approvedFile:${fileName}`;

/** The hashes under which these library files were last approved, by name; one never approved is left out. */
export async function readApprovedHashes(
  reader: Reader,
  library: ReadonlyArray<{ readonly fileName: string }>,
): Promise<ReadonlyMap<string, string>> {
  const hashes = new Map<string, string>();
  for (const { fileName } of library) {
    const sha256 = await reader.fact<string>(approvedFact(fileName));
    if (sha256 !== null) hashes.set(fileName, sha256);
  }
  return hashes;
}

async function storeEffects(
  tx: Tx,
  request: LiveResponseRequest,
  effects: readonly Effect[],
  now: number,
): Promise<void> {
  for (const effect of request.target === undefined ? effects : ofTarget(effects)) {
    switch (effect.type) {
      case 'postCards':
        await addThreadCopy(tx, request, now);
        await addCopiesFor(
          tx,
          request,
          request.approverIds.filter((id) => !request.bar.escalateIds.includes(id)),
          now,
        );
        break;
      case 'postCardsTo':
        await addCopiesFor(tx, request, effect.personIds, now);
        break;
      case 'notifyPerson':
        await tx.addWork([
          {
            requestId: request.id,
            work: { type: 'sendNews', news: effect.news, personId: effect.personId },
            orderingKey: await laneOf(tx, effect.personId),
            dueAt: now,
          },
        ]);
        break;
      case 'updateCards':
        await showTarget(tx, request, now);
        await tx.refreshCards(request.id, now);
        break;
      case 'reply':
        if (mayWait(effect.news, request) && (await isRoomBusy(tx, request))) {
          await tx.addToRoundUp(request.conversationId, { news: effect.news, requestId: request.id, at: now });
          break;
        }
        await tell(tx, request, effect.news, now);
        break;
      case 'lookUp':
        await tx.addWork([{ requestId: request.id, work: effect, orderingKey: null, dueAt: effect.dueAt }]);
        break;
      case 'submit':
      case 'cancelAction':
      case 'fetchResult':
      case 'recheckLibrary':
        await tx.addWork([{ requestId: request.id, work: effect, orderingKey: null, dueAt: now }]);
        break;
    }
  }
}

/** A target has no cards and no posts of its own: what becomes of it is told on the board of its batch. */
const ofTarget = (effects: readonly Effect[]): readonly Effect[] =>
  effects.filter(
    ({ type }) => type !== 'reply' && type !== 'notifyPerson' && type !== 'postCards' && type !== 'postCardsTo',
  );

/** A board is edited so often at most: a hundred devices report at once, and people read. */
const boardEveryMs = seconds(30);

/** The board of a target's batch is drawn again, once for all that changes until then. */
export async function showTarget(tx: Tx, { target }: LiveResponseRequest, now: number): Promise<void> {
  if (target !== undefined) await tx.refreshCards(target.of, now + boardEveryMs);
}

/** Stores a target that is let go, with its audit entry, in the caller's transaction. */
export async function storeTarget(tx: Tx, { request }: Transition, now: number): Promise<void> {
  await tx.insertRequest(request);
  await tx.appendAudit({
    at: now,
    requestId: request.id,
    actor: 'bot',
    what: 'targetLetGo',
    detail: {
      batch: request.target?.of,
      digest: request.digest,
      machineId: request.device.machineId,
      device: request.device.name,
    },
  });
  await showTarget(tx, request, now);
}

/** What only its card tells is told by the edit of the card. */
async function tell(tx: Tx, request: LiveResponseRequest, news: News, now: number): Promise<void> {
  if (isEnd(news)) await postEnd(tx, request, now);
  if (!isPosted(news)) return;
  const work = { type: 'sendNews', news } as const;
  await tx.addWork([{ requestId: request.id, work, orderingKey: request.conversationId, dueAt: now }]);
}

/** What was told of an end before stands for nothing once there is another. */
async function postEnd(tx: Tx, { id, conversationId }: LiveResponseRequest, now: number): Promise<void> {
  for (const card of await tx.cards(id)) if (card.audience === 'end') await tx.replaceCard(card, now);
  await addEndCard(tx, { id, conversationId }, now);
}

/** The end post of a request that has none yet, as of one whose end was gathered for a round-up. */
export async function ensureEnd(tx: Tx, request: LiveResponseRequest, now: number): Promise<void> {
  const has = (await tx.cards(request.id)).some(({ audience }) => audience === 'end');
  if (!has) await addEndCard(tx, request, now);
}

async function addEndCard(
  tx: Tx,
  { id, conversationId }: Pick<LiveResponseRequest, 'id' | 'conversationId'>,
  now: number,
): Promise<void> {
  const card = { requestId: id, audience: 'end', personId: null, conversationId, activityId: null } as const;
  const { cardId } = await tx.addCard(card);
  await tx.addWork([{ requestId: id, work: { type: 'sendCard', cardId }, orderingKey: conversationId, dueAt: now }]);
}

/** Whether the conversation of a request hears good news in round-ups: as long as it has a board. */
export async function isRoomBusy(tx: Tx, { conversationId }: LiveResponseRequest): Promise<boolean> {
  const board = await tx.fact<Board>(boardFact(conversationId));
  return (board !== null && !board.isOver) || (await tx.roundUps()).has(conversationId);
}

async function addThreadCopy(tx: Tx, request: LiveResponseRequest, now: number): Promise<void> {
  const { conversationId } = request;
  const thread = await tx.addCard({
    requestId: request.id,
    audience: 'thread',
    personId: null,
    conversationId,
    activityId: null,
  });
  await tx.addWork([
    {
      requestId: request.id,
      work: { type: 'sendCard', cardId: thread.cardId },
      orderingKey: conversationId,
      dueAt: now,
    },
  ]);
}

/** A card in the own chat of each of these people who has none yet. */
async function addCopiesFor(
  tx: Tx,
  request: LiveResponseRequest,
  personIds: readonly string[],
  now: number,
): Promise<void> {
  const have = new Set((await tx.cards(request.id)).map((c) => c.personId));
  const work: NewWork[] = [];
  for (const personId of personIds) {
    const known = await tx.personalPlace(personId);
    // A chat of another tenant is none of this request's.
    const place = known?.tenantId === request.tenantId ? known : null;
    // The approver's own chat may be where it was asked: one card there is enough.
    if (have.has(personId) || place?.conversationId === request.conversationId) continue;
    const conversationId = place?.conversationId ?? null;
    const copy = await tx.addCard({
      requestId: request.id,
      audience: 'approver',
      personId,
      conversationId,
      activityId: null,
    });
    const orderingKey = orderingKeyOfCard(copy);
    work.push({ requestId: request.id, work: { type: 'sendCard', cardId: copy.cardId }, orderingKey, dueAt: now });
  }
  await tx.addWork(work);
}

const laneOf = async (tx: Tx, personId: string): Promise<string> =>
  (await tx.personalPlace(personId))?.conversationId ?? orderingKeyOf({ type: 'person', personId });
