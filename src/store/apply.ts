import { shownEntry } from '../audit/entry';
import { ok, type Result } from '../lib/result';
import { shortDigest } from '../request/digest';
import type { Effect } from '../request/effect';
import type { Event } from '../request/event';
import type { LiveResponseRequest } from '../request/request';
import { type Transition, type TransitionRefusal, transition } from '../request/transition';
import type { NewWork, Stored, Tx } from './store';

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
  if (request.digest !== stored.request.digest) await tx.appendAudit(shownEntry(request, now)); // guard: new-round-text-audited
  await storeEffects(tx, request, effects, now);
  return ok(request);
}

async function storeEffects(
  tx: Tx,
  request: LiveResponseRequest,
  effects: readonly Effect[],
  now: number,
): Promise<void> {
  for (const effect of effects) {
    switch (effect.type) {
      case 'postCards':
        await addCopies(tx, request, now);
        break;
      case 'updateCards':
        await tx.refreshCopies(request.id, now);
        break;
      case 'reply':
        await tx.addWork([
          {
            requestId: request.id,
            work: { type: 'sendNews', news: effect.news },
            lane: request.conversationId,
            dueAt: now,
          },
        ]);
        break;
      case 'lookUp':
        await tx.addWork([{ requestId: request.id, work: effect, lane: null, dueAt: effect.dueAt }]);
        break;
      case 'submit':
      case 'cancelAction':
      case 'fetchResult':
        await tx.addWork([{ requestId: request.id, work: effect, lane: null, dueAt: now }]);
        break;
    }
  }
}

/** One copy in the thread, and one in the own chat of each person who may approve. */
async function addCopies(tx: Tx, request: LiveResponseRequest, now: number): Promise<void> {
  const work: NewWork[] = [];
  const thread = await tx.addCopy({
    requestId: request.id,
    audience: 'thread',
    personId: null,
    conversationId: request.conversationId,
    activityId: null,
  });
  work.push({
    requestId: request.id,
    work: { type: 'sendCard', copyId: thread.copyId },
    lane: request.conversationId,
    dueAt: now,
  });
  for (const personId of request.approverIds) {
    const place = await tx.personalPlace(personId);
    // The approver's own chat may be where it was asked: one card there is enough.
    if (place?.conversationId === request.conversationId) continue;
    const copy = await tx.addCopy({
      requestId: request.id,
      audience: 'approver',
      personId,
      conversationId: place?.conversationId ?? null,
      activityId: null,
    });
    const lane = copy.conversationId ?? `copy:${copy.copyId}`;
    work.push({ requestId: request.id, work: { type: 'sendCard', copyId: copy.copyId }, lane, dueAt: now });
  }
  await tx.addWork(work);
}

/** What of an event the audit keeps beside the states: codes, ids and words that people gave. */
function detailOf(event: Event): Readonly<Record<string, unknown>> {
  switch (event.type) {
    case 'voted':
      return { decision: event.vote.decision, shown: event.vote.digest, reason: event.vote.reason };
    case 'cancelAsked':
      return { reason: event.reason };
    case 'changed':
      return { changes: event.changes };
    case 'accepted':
    case 'observed':
      return {
        actionId: event.action.actionId,
        status: event.action.status,
        cancellationRequestor: event.action.cancellationRequestor,
      };
    case 'lookedUp':
      return { actionId: event.action?.actionId ?? null, complete: event.complete };
    case 'putBack':
      return { hold: event.hold, notBefore: event.notBefore };
    case 'rejected':
    case 'cancelRefused':
      return { code: event.code };
    case 'clock':
    case 'admitted':
    case 'unclear':
    case 'vanished':
      return {};
  }
}
