import { fileEntry } from '../../audit/entry';
import { err, ok, type Result } from '../../lib/result';
import { storedZipSize } from '../../lib/stored-zip';
import { mayReadResults } from '../../policy/policy';
import { type FileOffer, findOfferFault, offerFact, offerForMs } from '../../request/file-offer';
import { parseRequestId } from '../../request/id';
import type { LiveResponseRequest } from '../../request/request';
import type { Tx } from '../../store/store';
import { postRow } from '../../store/work/ordering-key';
import { readerOf } from '../../thread/kit/reader';
import { sendableOf } from '../../thread/kit/sendable';
import { sentencePost } from '../../thread/kit/sentence';
import type { FileConsent, Turn } from '../../thread/kit/turn';
import { describeOfferRefusal, fileSentences, offerPost } from '../../thread/posts/file-posts';
import type { Answer, FlowOptions } from '../answer';
import { orRefusal } from '../refusal';
import { findVisible } from './look-up';
import { mayStillHave } from './may-still-have';

/** Offers a collected file, or all that a script wrote, to whoever presses: only to the requester and the approvers of that request, in their own chat. */
export async function offerFile(
  options: FlowOptions,
  turn: Turn,
  { requestId, index }: { readonly requestId: string; readonly index: number },
): Promise<Answer> {
  const id = parseRequestId(requestId);
  if (id === null) return orRefusal(options, turn, err({ type: 'unknownRequest', id: requestId, near: [] }));
  const stored = await findVisible(options, turn, id);
  if (!stored.ok) return orRefusal(options, turn, stored);
  const { request } = stored.value;
  const found = await findFile(options, turn, request, index);
  if (!found.ok) return say(found.error);
  const { file, conversationId } = found.value;
  const offer: FileOffer = {
    offerId: Buffer.from(options.random(24)).toString('base64url'),
    requestId: request.id,
    index,
    sha256: file.sha256,
    personId: turn.person.id,
    conversationId,
    expiresAt: turn.at + offerForMs,
    state: 'offered',
    upload: null,
  };
  const post = offerPost(offer, {
    size: storedZipSize(file.name, file.size),
    now: turn.at,
    trial: options.trial,
    reader: readerOf({ ...turn, seenAlone: true }),
  });
  return {
    ...say(fileSentences.offered),
    write: async (tx) => {
      await tx.saveFact(offerFact(offer.offerId), offer);
      await tx.addWork([postRow(conversationId, post, { requestId: request.id, at: turn.at })]);
      await tx.appendAudit(fileEntry(offer, { what: 'fileOffered', actor: turn.person.id, at: turn.at }));
      return [];
    },
  };
}

async function findFile(options: FlowOptions, turn: Turn, request: LiveResponseRequest, index: number) {
  const { person } = turn;
  const isEntitled = mayReadResults(options.policy(), await options.groups(), request, person.id);
  if (!isEntitled) return err(fileSentences.notEntitled); // guard: files-go-to-requester-and-approvers
  const result = (await options.store.results(request.id)).find((kept) => kept.index === index);
  const file = result === undefined ? null : sendableOf(result);
  if (file === null) return err(fileSentences.noFile);
  const place = await options.store.personalPlace(person.id);
  if (place === null) return err(fileSentences.noChat);
  return ok({ file, conversationId: place.conversationId });
}

/** The person's yes or no. Their yes makes the sending a row of work, so that it survives whatever happens to this process. */
export async function answerOffer(options: FlowOptions, turn: Turn, consent: FileConsent): Promise<Answer> {
  const groups = await options.groups();
  const mayStill = (request: LiveResponseRequest, offer: FileOffer): boolean =>
    mayStillHave(options.policy(), groups, request, offer);
  return {
    posts: [],
    write: async (tx) => {
      const taken = await take(tx, turn, consent, mayStill);
      return taken.ok && taken.value === null
        ? []
        : [
            sentencePost(taken.ok ? (taken.value ?? '') : taken.error, {
              trial: options.trial,
              summary: 'About the file',
            }),
          ];
    },
  };
}

async function take(
  tx: Tx,
  turn: Turn,
  { offerId, upload }: FileConsent,
  mayStill: (request: LiveResponseRequest, offer: FileOffer) => boolean,
): Promise<Result<string | null, string>> {
  const offer = await tx.lockFact<FileOffer>(offerFact(offerId));
  const { conversationId } = turn.place;
  const fault = findOfferFault(offer, { personId: turn.person.id, conversationId, now: turn.at });
  if (fault !== null || offer === null) return err(describeOfferRefusal(fault ?? { type: 'unknownOffer' }));
  const stored = await tx.request(offer.requestId);
  if (stored === null || !mayStill(stored.request, offer)) return err(fileSentences.notEntitled); // guard: file-rights-compared-at-the-consent
  if (upload === 'untrusted') return err(fileSentences.badPlace);
  const answered: FileOffer = { ...offer, state: upload === null ? 'declined' : 'accepted', upload };
  await tx.saveFact(offerFact(offerId), answered);
  const what = upload === null ? 'fileDeclined' : 'fileAccepted';
  await tx.appendAudit(fileEntry(offer, { what, actor: turn.person.id, at: turn.at }));
  if (upload === null) return ok(fileSentences.declined);
  await tx.addWork([
    { requestId: offer.requestId, work: { type: 'sendFile', offerId }, orderingKey: null, dueAt: turn.at },
  ]);
  return ok(null);
}

const say = (text: string): Answer => ({ posts: [], notice: { text } });
