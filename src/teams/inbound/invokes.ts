import { isRecord } from '../../lib/record';
import type { Place } from '../../request/place';
import type { Turn } from '../../thread/kit/turn';
import { answers } from '../../thread/sentences/answers';
import { asTyped, datasets } from '../../thread/sentences/choices';
import { readUpload } from '../outbox/upload-url';
import type { BotOptions } from './bot-options';
import { answerInTime, inTime } from './in-time';
import type { Envelope } from './inbound';
import { cardActionAnswer, dialogAnswer, dialogMessage, errorAnswer } from './invoke-answer';
import type { HttpAnswer } from './turn-context';

type Run = (turn: Turn, envelope: Envelope, options: BotOptions) => Promise<HttpAnswer>;

export const runCardAction: Run = async (turn, { value }, options) => {
  const { verb, data } = recordOf(recordOf(value).action);
  if (typeof verb !== 'string' || verb === '') return errorAnswer(400, 'malformedAction', answers.malformedAction);
  const work = options.flow.onAction(turn, verb, data ?? {});
  return cardActionAnswer(await answerInTime(options, turn, { kind: 'click', verb, work }));
};

/** "Typeahead search in Adaptive Cards": what a list of a form shows while a person types. */
export const runSearch: Run = async (turn, { value }, options) => {
  const { dataset, queryText } = recordOf(value);
  const known = datasets.find((name) => name === dataset);
  if (known === undefined || typeof queryText !== 'string' || queryText.length > maxQueryLength)
    return errorAnswer(400, 'malformedSearch', answers.malformedSearch);
  const typed = queryText.trim();
  const results = await inTime(options, turn, {
    kind: 'search',
    work: options.flow.onSearch(turn, { dataset: known, text: queryText }),
    late: () => (typed === '' ? [] : [asTyped(typed)]),
    follow: () => null,
  });
  return {
    status: 200,
    body: { statusCode: 200, type: 'application/vnd.microsoft.search.searchResponse', value: { results } },
  };
};

/** Longer than any path that can be asked for. */
const maxQueryLength = 2_000;

/** "Dialogs in bots": opens one (`task/fetch`), or hands over what was filled in (`task/submit`). */
export const runDialog: Run = (turn, { value }, options) => inDialog(turn, recordOf(recordOf(value).data), options);

/** "Action-based message extensions": a form for the message that it was called on, or for none. */
export const runMessageAction: Run = async (turn, { value }, options) => {
  const { commandId, messagePayload } = recordOf(value);
  if (commandId !== messageCommand) return dialogMessage(answers.malformedAction);
  const placed = placeOf(turn, recordOf(messagePayload));
  if (placed === null) return dialogMessage(answers.notHere);
  const { body, attachments } = recordOf(messagePayload);
  const { content, contentType } = recordOf(body);
  const attached = Array.isArray(attachments) ? attachments.map((attachment) => recordOf(attachment).content) : [];
  const text = typeof content === 'string' ? content : '';
  const work = options.flow.onMessageAction(placed, {
    text,
    isHtml: contentType === 'html',
    attached,
    isMessage: typeof content === 'string',
  });
  const answer = await answerInTime(options, placed, { kind: 'dialog', verb: 'form.open', work });
  return dialogAnswer(answer, turn.activityId);
};

export const runMessageActionSubmit: Run = async (turn, { value }, options) => {
  const { messagePayload, data } = recordOf(value);
  const placed = placeOf(turn, recordOf(messagePayload));
  return placed === null ? dialogMessage(answers.notHere) : inDialog(placed, recordOf(data), options);
};

/** "Send and receive files": what the person answered, and where Teams lets the file be put. Teams wants no body for an answer. */
export const runFileConsent: Run = async (turn, { value }, options) => {
  const { action, context, uploadInfo } = recordOf(value);
  const { offerId } = recordOf(context);
  const isAnswer = action === 'accept' || action === 'decline';
  if (!isAnswer || typeof offerId !== 'string' || offerId === '' || offerId.length > maxIdLength)
    return errorAnswer(400, 'malformedConsent', answers.malformedAction);
  const upload = action === 'decline' ? null : readUpload(uploadInfo, options.adapter.cloud);
  await inTime(options, turn, {
    kind: 'click',
    work: options.flow.onFileConsent(turn, { offerId, upload }),
    late: () => {},
    follow: () => null,
  });
  return { status: 200, body: null };
};

/** As the manifest names it. */
const messageCommand = 'liveResponse';

/** What is filled in is bound to the dialog and not to the message that opened it, on which others may open theirs. */
async function inDialog(
  turn: Turn,
  { verb, dialog, ...data }: Readonly<Record<string, unknown>>,
  options: BotOptions,
): Promise<HttpAnswer> {
  if (typeof verb !== 'string' || verb === '') return dialogMessage(answers.malformedAction);
  const id = typeof dialog === 'string' && dialog !== '' && dialog.length <= maxIdLength ? dialog : turn.activityId;
  const work = options.flow.onDialog({ ...turn, replyToId: `dialog:${id}` }, verb, data);
  return dialogAnswer(await answerInTime(options, turn, { kind: 'dialog', verb, work }), id);
}

const maxIdLength = 200;

/** The thread of the message, so that the request stands under it; null in a chat that people have without this bot. */
function placeOf(turn: Turn, { id, replyToId }: Readonly<Record<string, unknown>>): Turn | null {
  const { place } = turn;
  if (/@unq\.gbl\.spaces$/i.test(place.conversationId)) return null; // guard: a-chat-of-two-people-is-not-mine
  if (place.scope !== 'channel' || /;messageid=/i.test(place.conversationId)) return turn;
  const root = [replyToId, id].find((word) => typeof word === 'string' && /^\d{1,20}$/.test(word));
  if (root === undefined) return turn;
  const threaded: Place = { ...place, conversationId: `${place.conversationId};messageid=${root}` };
  return { ...turn, place: threaded };
}

const recordOf = (value: unknown): Readonly<Record<string, unknown>> => (isRecord(value) ? value : {});
