import type { Draft } from '../../chat/draft';
import { maxDeviceLength } from '../../chat/draft-check';
import { type FormEdit, type FormInput, readFormInput } from '../../chat/form';
import { findVerb } from '../../chat/words';
import { isRecord } from '../../lib/record';
import { maxCommands } from '../../request/ask/command';
import { maxNoteLength } from '../../request/votes/vote';
import { type ListQuery, listNames, mostPages } from './list-page';
import { type BatchAction, readBatchAction, readDraft, readOrigin } from './read-draft';

/**
 * What the buttons of our cards carry. A card comes back from a client that may have changed it (T-8): `readCardAction` reads every field
 * anew, and nothing in it names a person or says what may be done. A vote is only an opaque token; all else is checked like typed text.
 *
 * The data of each verb, with the inputs that Teams merges into it:
 *
 * | verb | data | inputs |
 * |---|---|---|
 * | `vote.approve` | `token` | `note` |
 * | `vote.deny` | `token` | `reason` |
 * | `denial.open`, `question.open` | `token` | |
 * | `question.ask` | `token` | `question` |
 * | `answer.open` | `requestId`, `number` from 1 | |
 * | `answer.give` | the same | `answer` |
 * | `vote.sendOnceMore` | `token` | |
 * | `vote.leaveIt` | `token` | `reason` |
 * | `card.refresh` | `token` | |
 * | `request.cancel` | `requestId`, `onlyWaiting` (may be absent) | `cancelReason` or `waitingReason` |
 * | `batch.next`, `batch.goOn`, `batch.again` | `requestId`, and `number` or `group` | |
 * | `request.open` | `requestId` | |
 * | `request.askAgain` | `requestId` | |
 * | `list.page` | `list`, `about` (null or text), `page` from 1 | |
 * | `form.open` | `device` (may be absent) | |
 * | `form.submit` | `type1`, `type2`, … | `device`, `name1`, `args1`, …, `reason` |
 * | `form.add` | the same and `add`: a verb of the grammar | the same |
 * | `form.remove` | the same and `remove`: a row from 1 | the same |
 * | `form.typing` | the same | the same |
 * | `form.preview` | as `form.submit` | the same |
 * | `form.back` | all of the form's data | |
 * | `result.page` | `requestId`, `index` from 0, `page` from 1 | |
 * | `file.offer` | `requestId`, `index` | |
 * | `draft.confirm` | `draft`, `warned` and `form` (may be absent) | |
 * | `draft.device` | `draft`, `machineId`, `step` and `form` (may be absent) | |
 */
export type CardAction =
  | { readonly verb: 'vote.approve'; readonly token: string; readonly note: string | null }
  | { readonly verb: 'vote.sendOnceMore'; readonly token: string }
  /** The reason may be empty: the policy refuses that with a sentence. */
  | { readonly verb: 'vote.deny' | 'vote.leaveIt'; readonly token: string; readonly reason: string }
  /** The small card for a denial or a question, which carries a token of its own. */
  | { readonly verb: 'denial.open' | 'question.open'; readonly token: string }
  | { readonly verb: 'question.ask'; readonly token: string; readonly text: string }
  | { readonly verb: 'answer.open'; readonly requestId: string; readonly number: number }
  | { readonly verb: 'answer.give'; readonly requestId: string; readonly number: number; readonly text: string }
  /** A client asks for its own view of the card in the thread; it may do so by itself, and decides nothing. */
  | { readonly verb: 'card.refresh'; readonly token: string }
  | {
      readonly verb: 'request.cancel';
      readonly requestId: string;
      readonly reason: string | null;
      /** Of a batch: only what Defender has not started. */
      readonly onlyWaiting?: true;
    }
  | BatchAction
  /** Shows a request again; in an approver's own chat its card becomes the newest message. */
  | { readonly verb: 'request.open'; readonly requestId: string }
  /** The form, filled in with a request as it was asked. */
  | { readonly verb: 'request.askAgain'; readonly requestId: string }
  | ({ readonly verb: 'list.page' } & ListQuery)
  | { readonly verb: 'form.open'; readonly device: string | null }
  /** The raw data, for `readForm`. */
  | { readonly verb: 'form.submit' | 'form.preview'; readonly data: Readonly<Record<string, unknown>> }
  | { readonly verb: 'form.add' | 'form.remove' | 'form.typing'; readonly input: FormInput; readonly edit: FormEdit }
  | { readonly verb: 'result.page'; readonly requestId: string; readonly index: number; readonly page: number }
  /** A collected file, to the one who presses, in their own chat. */
  | { readonly verb: 'file.offer'; readonly requestId: string; readonly index: number }
  /** From the preview to the form as it was. */
  | { readonly verb: 'form.back'; readonly input: FormInput }
  /** `warned`: they have read what was found beforehand, and go on. */
  | ({ readonly verb: 'draft.confirm'; readonly warned: boolean } & Drafted)
  /** `step`: what was pressed when the question came up. */
  | ({ readonly verb: 'draft.device'; readonly machineId: string; readonly step: 'ask' | 'preview' } & Drafted);

interface Drafted {
  readonly draft: Draft;
  /** The form that it is from, as it was left; null where there was none. */
  readonly form: FormInput | null;
}

export const cardVerbs = [
  'vote.approve',
  'vote.deny',
  'vote.sendOnceMore',
  'vote.leaveIt',
  'denial.open',
  'question.open',
  'question.ask',
  'answer.open',
  'answer.give',
  'card.refresh',
  'request.cancel',
  'batch.next',
  'batch.goOn',
  'batch.again',
  'request.open',
  'request.askAgain',
  'list.page',
  'form.open',
  'form.submit',
  'form.preview',
  'form.add',
  'form.remove',
  'form.typing',
  'form.back',
  'result.page',
  'file.offer',
  'draft.confirm',
  'draft.device',
] as const satisfies readonly CardAction['verb'][];

/** What dialogs do: take what a person types, and show what is long. An approval stays on the card that it is bound to (T-10). */
export const isForDialog = ({ verb }: CardAction): boolean =>
  /^(?:form|draft|result|denial|question|answer)\./.test(verb) || verb === 'vote.deny' || verb === 'request.askAgain';

/** The action in what a client sent, or null when our cards never send that; whatever it is, nothing is thrown. */
export function readCardAction(verb: unknown, data: unknown): CardAction | null {
  if (!isRecord(data)) return null;
  const text = (key: string, limit: number): string | null => readText(data, key, limit);
  switch (cardVerbs.find((known) => known === verb)) {
    case 'vote.approve':
      return readApproval(data);
    case 'vote.sendOnceMore':
    case 'card.refresh':
    case 'denial.open':
    case 'question.open':
      return readToken(
        verb as 'vote.sendOnceMore' | 'card.refresh' | 'denial.open' | 'question.open',
        text('token', 200),
      );
    case 'question.ask':
    case 'answer.open':
    case 'answer.give':
      return readExchange(verb as 'question.ask' | 'answer.open' | 'answer.give', data);
    case 'vote.deny':
    case 'vote.leaveIt': {
      const token = text('token', 200);
      const reason = readReason(data, 'reason');
      return token === null || reason === null ? null : { verb: verb as 'vote.deny' | 'vote.leaveIt', token, reason };
    }
    case 'request.cancel':
      return readCancel(data);
    case 'request.open':
    case 'request.askAgain': {
      const requestId = text('requestId', 40);
      return requestId === null ? null : { verb: verb as 'request.open' | 'request.askAgain', requestId };
    }
    case 'batch.next':
    case 'batch.goOn':
    case 'batch.again':
      return readBatchAction(verb as BatchAction['verb'], data);
    case 'list.page':
      return readListPage(data);
    case 'form.open':
      return { verb: 'form.open', device: text('device', 300) };
    case 'form.submit':
      return { verb: 'form.submit', data };
    case 'form.preview':
      return { verb: 'form.preview', data };
    case 'form.typing':
      return { verb: 'form.typing', input: readFormInput(data), edit: { type: 'typing' } };
    case 'result.page':
    case 'file.offer':
      return readOfResult(verb, data);
    case 'form.back':
      return { verb: 'form.back', input: readFormInput(data) };
    case 'form.add': {
      const added = findVerb(text('add', 20) ?? '');
      return added === null
        ? null
        : { verb: 'form.add', input: readFormInput(data), edit: { type: 'add', verb: added } };
    }
    case 'form.remove': {
      const row: unknown = data.remove;
      const isRow = typeof row === 'number' && Number.isInteger(row) && row >= 1 && row <= maxCommands;
      return isRow ? { verb: 'form.remove', input: readFormInput(data), edit: { type: 'remove', row } } : null;
    }
    case 'draft.confirm': {
      const draft = readDraft(data.draft);
      return draft === null
        ? null
        : { verb: 'draft.confirm', draft, warned: data.warned === true, form: readOrigin(data) };
    }
    case 'draft.device': {
      const draft = readDraft(data.draft);
      const machineId = text('machineId', 200);
      if (draft === null || machineId === null) return null;
      const step = data.step === 'preview' ? 'preview' : 'ask';
      return { verb: 'draft.device', machineId, draft, step, form: readOrigin(data) };
    }
    case undefined:
      return null;
  }
}

function readCancel(data: Readonly<Record<string, unknown>>): CardAction | null {
  const requestId = readText(data, 'requestId', 40);
  const onlyWaiting = data.onlyWaiting === true;
  // Two buttons of one card, each with a question of its own.
  const reason = readReason(data, onlyWaiting ? 'waitingReason' : 'cancelReason');
  if (requestId === null || reason === null) return null;
  const cancel = { verb: 'request.cancel', requestId, reason: reason || null } as const;
  return onlyWaiting ? { ...cancel, onlyWaiting } : cancel;
}

function readOfResult(verb: unknown, data: Readonly<Record<string, unknown>>): CardAction | null {
  const requestId = readText(data, 'requestId', 40);
  const { index, page } = data;
  const isNumber = (value: unknown, from: number, to: number): value is number =>
    typeof value === 'number' && Number.isInteger(value) && value >= from && value <= to;
  if (requestId === null || !isNumber(index, 0, maxCommands - 1)) return null;
  if (verb === 'file.offer') return { verb, requestId, index };
  return isNumber(page, 1, mostPages) ? { verb: 'result.page', requestId, index, page } : null;
}

function readListPage(data: Readonly<Record<string, unknown>>): CardAction | null {
  const list = listNames.find((name) => name === data.list);
  const { page } = data;
  const isPage = typeof page === 'number' && Number.isInteger(page) && page >= 1 && page <= mostPages;
  return list === undefined || !isPage
    ? null
    : { verb: 'list.page', list, about: readText(data, 'about', maxDeviceLength), page };
}

/** A note that is none, or longer than our cards let anybody write, is left out: an approval needs none. */
function readApproval(data: Readonly<Record<string, unknown>>): CardAction | null {
  const token = readText(data, 'token', 200);
  const note = readText(data, 'note', maxNoteLength)?.trim() ?? '';
  return token === null ? null : { verb: 'vote.approve', token, note: note === '' ? null : note };
}

/** Texts may be empty: the request refuses that with a sentence. */
function readExchange(
  verb: 'question.ask' | 'answer.open' | 'answer.give',
  data: Readonly<Record<string, unknown>>,
): CardAction | null {
  if (verb === 'question.ask') {
    const token = readText(data, 'token', 200);
    const asked = readReason(data, 'question');
    return token === null || asked === null ? null : { verb, token, text: asked };
  }
  const requestId = readText(data, 'requestId', 40);
  const { number } = data;
  if (requestId === null || typeof number !== 'number' || !Number.isInteger(number) || number < 1) return null;
  if (verb === 'answer.open') return { verb, requestId, number };
  const answer = readReason(data, 'answer');
  return answer === null ? null : { verb, requestId, number, text: answer };
}

const readToken = <V extends 'vote.sendOnceMore' | 'card.refresh' | 'denial.open' | 'question.open'>(
  verb: V,
  token: string | null,
) => (token === null ? null : ({ verb, token } as const));

function readText(data: Readonly<Record<string, unknown>>, key: string, limit: number): string | null {
  const value = Object.hasOwn(data, key) ? data[key] : undefined;
  return typeof value === 'string' && value.length <= limit ? value : null;
}

/** Empty when nothing was written; null when it is more than our cards let anybody write, or no text. */
const readReason = (data: Readonly<Record<string, unknown>>, key: string): string | null =>
  data[key] === undefined || data[key] === null ? '' : (readText(data, key, 10_000)?.trim() ?? null);
