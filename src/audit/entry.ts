import { hours } from '../lib/clock';
import { canonicalText } from '../request/ask/digest';
import type { FileOffer } from '../request/file-offer';
import type { Digest, LiveResponseRequest, RequestId } from '../request/request';
import type { AuditEntry } from './chain';

/** One copy of a card that can be voted on, as it arrived in Teams. */
export interface PostedCard {
  readonly requestId: RequestId;
  readonly cardId: number;
  readonly personId: string | null;
  readonly conversationId: string;
  readonly activityId: string;
  readonly digest: Digest;
}

/** What the cards of one round show, in full: the digest alone would prove a text that nobody has kept (T-41). Once a round. */
export const shownEntry = (request: LiveResponseRequest, at: number): AuditEntry => ({
  at,
  requestId: request.id,
  actor: 'bot',
  what: 'shown',
  detail: { digest: request.digest, canonicalText: canonicalText(request) },
});

/** Which copy showed that text to whom and since when: an entry for each time a card was drawn and Teams took it. */
export const postedEntry = ({ requestId, ...detail }: PostedCard, at: number): AuditEntry => ({
  at,
  requestId,
  actor: 'bot',
  what: 'posted',
  detail,
});

/** What was asked of us and not done; `detail` holds codes and ids, never the sender's text. */
export const refusedEntry = (refused: {
  readonly at: number;
  readonly requestId: RequestId | null;
  /** An Entra object id; `nobody` when the sender is not known. */
  readonly actor: string;
  readonly refusal: string;
  readonly detail: Readonly<Record<string, unknown>>;
}): AuditEntry => ({
  at: refused.at,
  requestId: refused.requestId,
  actor: refused.actor,
  what: 'refused',
  detail: { refusal: refused.refusal, ...refused.detail },
});

/** The retention has removed a request; everything else that the audit says of it stays. */
export const prunedEntry = (
  pruned: { readonly requestId: RequestId; readonly endedAt: number; readonly keepMs: number },
  at: number,
): AuditEntry => ({
  at,
  requestId: pruned.requestId,
  actor: 'clock',
  what: 'pruned',
  detail: { endedAt: pruned.endedAt, keptDays: Math.round(pruned.keepMs / hours(24)) },
});

/** A file of the evidence folder is gone for good; its name is its SHA-256. */
export const removedEvidenceEntry = (path: string, at: number): AuditEntry => ({
  at,
  requestId: null,
  actor: 'clock',
  what: 'evidenceRemoved',
  detail: { sha256: path.split('/').at(-1) ?? path },
});

/** A head of the chain was handed to the outbox, to be kept outside. */
export const anchoredEntry = (
  anchor: { readonly at: number; readonly seq: number; readonly hash: string },
  conversationId: string,
): AuditEntry => ({
  at: anchor.at,
  requestId: null,
  actor: 'clock',
  what: 'anchored',
  detail: { seq: anchor.seq, hash: anchor.hash, conversationId },
});

/** A live response ran in Defender as this bot, and no request of this bot accounts for it (T-23). */
export const bypassEntry = (
  bypass: {
    readonly kind: string;
    readonly actionId: string;
    readonly machineId: string | null;
    readonly machineName: string | null;
    readonly requestor: string | null;
    readonly commands: readonly string[];
    readonly comment: string;
    readonly createdAt: number;
  },
  at: number,
): AuditEntry => ({
  at,
  requestId: null,
  actor: 'bot',
  what: 'bypass',
  detail: {
    kind: bypass.kind,
    actionId: bypass.actionId,
    machineId: bypass.machineId,
    machineName: bypass.machineName,
    requestor: bypass.requestor,
    commands: bypass.commands,
    comment: bypass.comment,
    createdAt: bypass.createdAt,
  },
});

/** Who was offered, took or was sent which collected file (T-33); never where it was put. */
export const fileEntry = (
  offer: FileOffer,
  { what, actor, at }: { readonly what: string; readonly actor: string; readonly at: number },
): AuditEntry => ({
  at,
  requestId: offer.requestId,
  actor,
  what,
  detail: {
    index: offer.index,
    fileSha256: offer.sha256,
    personId: offer.personId,
    conversationId: offer.conversationId,
  },
});

/** Somebody took an evidence bundle; about no request, so that taking one adds nothing to what the next one must prove. */
export const exportedEntry = (
  {
    actor,
    ...detail
  }: {
    readonly actor: string;
    readonly ids: readonly RequestId[];
    /** By the command line: the account of the system; in the chat the actor says who. */
    readonly account: string | null;
    readonly how: 'commandLine' | 'chat';
    /** Of the canonical manifest. */
    readonly sha256: string;
    readonly isSigned: boolean;
  },
  at: number,
): AuditEntry => ({ at, requestId: null, actor, what: 'evidenceExported', detail });
