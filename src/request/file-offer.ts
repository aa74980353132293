import { hours } from '../lib/clock';
import type { RequestId } from './request';

/** A collected file that is offered to one person, in their own chat. What became of it is kept with it, so that it is sent once. */
export interface FileOffer {
  readonly offerId: string;
  readonly requestId: RequestId;
  /** Of the command that collected it, from zero. */
  readonly index: number;
  /** Set where it is an evidence bundle, and no command's file: with results or, for an owner of the rule, without. */
  readonly bundle?: { readonly withResults: boolean };
  /** Of the content as it is kept; compared again before it is sent. */
  readonly sha256: string;
  readonly personId: string;
  readonly conversationId: string;
  readonly expiresAt: number;
  readonly state: 'offered' | 'declined' | 'accepted' | 'sent' | 'failed';
  /** Where Teams lets it be put, while it is on its way; a secret for as long as it lives, so it is forgotten then. */
  readonly upload: Upload | null;
}

export interface Upload {
  readonly uploadUrl: string;
  readonly contentUrl: string;
  readonly name: string;
  readonly uniqueId: string;
  readonly fileType: string;
}

/** Where an offer is kept. */
export const offerFact = (offerId: string): string => `${offerFacts}${offerId}`;
export const offerFacts = 'fileOffer:';

/** What a person still waits for in a chat, and four times what Teams' own example uploads. */
export const maxFileBytes = 10 * 1024 * 1024;
/** As long as somebody may be away from their chat and still want it; who comes later asks again. */
export const offerForMs = hours(1);

export type FileOfferRefusal =
  | { readonly type: 'unknownOffer' }
  | { readonly type: 'offerOver' }
  | { readonly type: 'offerDone' };

/** Whether this person may take it here and now: an offer holds once, in the chat that it was made in, for whom it was made. */
export function findOfferFault(
  offer: FileOffer | null,
  {
    personId,
    conversationId,
    now,
  }: { readonly personId: string; readonly conversationId: string; readonly now: number },
): FileOfferRefusal | null {
  if (offer === null) return { type: 'unknownOffer' };
  if (offer.personId !== personId || offer.conversationId !== conversationId) return { type: 'unknownOffer' }; // guard: a-file-goes-to-whom-it-was-offered
  if (offer.state !== 'offered') return { type: 'offerDone' }; // guard: a-file-offer-holds-once
  if (offer.expiresAt <= now) return { type: 'offerOver' }; // guard: a-file-offer-runs-out
  return null;
}
