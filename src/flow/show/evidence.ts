import { exportedEntry, fileEntry } from '../../audit/entry';
import { type FileOffer, offerFact, offerForMs } from '../../request/file-offer';
import type { RequestId } from '../../request/request';
import { postRow } from '../../store/work/ordering-key';
import { readerOf } from '../../thread/kit/reader';
import { sentencePost } from '../../thread/kit/sentence';
import type { Turn } from '../../thread/kit/turn';
import { evidenceSentences, fileSentences, offerPost } from '../../thread/posts/file-posts';
import { type Answer, EvidenceKeyUnreadable, type FlowOptions, type MadeEvidence, posts } from '../answer';
import { orRefusal } from '../refusal';
import { findVisible } from './look-up';
import { evidenceFor } from './may-still-have';

/** Offers the evidence bundle of a request in the asker's own chat: whole to its requester and approvers, without results to owners of its rule. */
export async function offerEvidence(options: FlowOptions, turn: Turn, id: RequestId): Promise<Answer> {
  const { store, evidence } = options;
  const say = (text: string): Answer =>
    posts(sentencePost(text, { trial: options.trial, summary: `${id}: about its evidence` }));
  const may = await entitlement(options, turn, id);
  if (may === null) {
    const stored = await findVisible(options, turn, id);
    return stored.ok ? say(evidenceSentences.notEntitled) : orRefusal(options, turn, stored); // guard: evidence-goes-to-whom-it-may
  }
  if (!evidence.canSend) return say(evidenceSentences.noFiles(id));
  const place = await store.personalPlace(turn.person.id);
  if (place === null || place.tenantId !== turn.tenantId) return say(fileSentences.noChat);
  const withResults = may === 'whole';
  const made = await makeOrSay(options, { id, personId: turn.person.id, withResults, now: turn.at });
  if (made === 'noKey') return say(evidenceSentences.noKey);
  if (made === null) return say(evidenceSentences.tooLarge(id, `${Math.floor(evidence.maxBytes / 1024 ** 2)} MB`));
  const offer: FileOffer = {
    offerId: Buffer.from(options.random(24)).toString('base64url'),
    requestId: id,
    index: 0,
    bundle: { withResults },
    sha256: made.sha256,
    personId: turn.person.id,
    conversationId: place.conversationId,
    expiresAt: turn.at + offerForMs,
    state: 'offered',
    upload: null,
  };
  const reader = readerOf({ ...turn, seenAlone: true });
  const post = offerPost(offer, { size: made.size, now: turn.at, trial: options.trial, reader });
  const isHere = place.conversationId === turn.place.conversationId;
  return {
    posts: isHere
      ? []
      : [sentencePost(evidenceSentences.offered, { trial: options.trial, summary: `${id}: its evidence` })],
    write: async (tx) => {
      await tx.noteLeavingFile(made.path, turn.at);
      await tx.saveFact(offerFact(offer.offerId), offer);
      await tx.addWork([postRow(place.conversationId, post, { requestId: id, at: turn.at })]);
      await tx.appendAudit(exportedBy(turn, id, made)); // guard: evidence-in-the-chat-is-audited
      await tx.appendAudit(fileEntry(offer, { what: 'fileOffered', actor: turn.person.id, at: turn.at }));
      return [];
    },
  };
}

/** An owner need have no other part in the policy, so it is not asked whether the request shows itself to them. */
async function entitlement(options: FlowOptions, turn: Turn, id: RequestId) {
  const stored = await options.store.request(id);
  if (stored === null || stored.request.tenantId !== turn.tenantId) return null;
  return evidenceFor(options.policy(), await options.groups(), stored.request, turn.person.id);
}

const exportedBy = (turn: Turn, id: RequestId, { manifestSha256, isSigned }: MadeEvidence) =>
  exportedEntry(
    { actor: turn.person.id, ids: [id], account: null, how: 'chat', sha256: manifestSha256, isSigned },
    turn.at,
  );

async function makeOrSay(
  { evidence }: FlowOptions,
  wish: Parameters<FlowOptions['evidence']['make']>[0],
): Promise<MadeEvidence | null | 'noKey'> {
  try {
    return await evidence.make(wish);
  } catch (error) {
    if (error instanceof EvidenceKeyUnreadable) return 'noKey';
    throw error;
  }
}
