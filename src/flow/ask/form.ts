import type { Draft } from '../../chat/draft';
import { findTargets } from '../../chat/find-targets';
import {
  createForm,
  draftToForm,
  editForm,
  type FormFault,
  type FormInput,
  type Found,
  formOf,
  nothingFound,
  readForm,
  readFormInput,
} from '../../chat/form';
import { readMarkup } from '../../chat/markup';
import { readAttachment } from '../../chat/read-attachment';
import { DefenderError } from '../../defender/errors';
import { err } from '../../lib/result';
import { maskWords } from '../../mask/marks';
import { mayAsk } from '../../policy/evaluate';
import { libraryFileOf } from '../../request/ask/command';
import { parseRequestId } from '../../request/id';
import type { LiveResponseRequest } from '../../request/request';
import { type FormOffers, formCard, noOffers } from '../../thread/ask/form-card';
import { previewCard } from '../../thread/ask/preview-card';
import type { Choice } from '../../thread/kit/button';
import type { Post } from '../../thread/kit/post';
import type { CalledOn, Turn } from '../../thread/kit/turn';
import type { CardAction } from '../../thread/kit/verbs';
import { answers } from '../../thread/sentences/answers';
import { asTyped, type Dataset, deviceChoices, libraryChoices, mostChoices } from '../../thread/sentences/choices';
import { type Answer, type FlowOptions, posts, tellUnread } from '../answer';
import { notStored, orRefusal, showing } from '../refusal';
import { hasRole } from '../show/look-up';
import { ask, preview } from './ask';
import { asking, refusedOf } from './ask-by-card';

/** What somebody used lately is what they use again. */
const lookBack = 20;

/** The form as it is first shown, or as it was left. */
export async function drawForm(
  options: FlowOptions,
  turn: Turn,
  input: FormInput,
  faults: readonly FormFault[] = [],
): Promise<Post> {
  return formCard(input, faults, {
    trial: options.trial,
    offers: await offersOf(options, turn, input),
  });
}

/** An empty form, for those who may ask: others would fill it in for nothing. */
export async function showForm(options: FlowOptions, turn: Turn, device: string | null): Promise<Answer> {
  const allowed = mayAsk(options.policy(), await options.groups(), turn.person.id);
  return allowed.ok ? posts(await openForm(options, turn, device)) : orRefusal(options, turn, allowed);
}

const openForm = (options: FlowOptions, turn: Turn, device: string | null, found: Found | null = null) =>
  drawForm(options, turn, createForm(device, found));

/** The form filled in with a request as it was asked; for those of the conversation that it was asked in, and for its requester. */
export async function askAgainForm(options: FlowOptions, turn: Turn, id: string): Promise<Answer> {
  const known = parseRequestId(id);
  const request = known === null ? undefined : (await options.store.request(known))?.request;
  const isTheirs =
    request?.tenantId === turn.tenantId &&
    (request.conversationId === turn.place.conversationId || request.requester.id === turn.person.id);
  if (request === undefined || request.batch !== undefined || !isTheirs)
    return orRefusal(options, turn, err({ type: 'unknownRequest', id }));
  const { device, commands } = request;
  // What is masked where others read along is not shown to them in a form either.
  const isWhole = request.requester.id === turn.person.id || maskWords(request.reason, null) === request.reason;
  const reason = isWhole ? request.reason : '';
  const notes: readonly FormFault[] = [
    ...(mayStillRun(request) ? [noteAt('device', answers.mayStillRun(request.id))] : []),
    ...(isWhole ? [] : [noteAt('reason', answers.reasonLeftOut)]),
  ];
  return posts(await drawForm(options, turn, formOf({ device: device.machineId, commands, reason }), notes));
}

/** Nobody can tell whether its commands run, or will. */
const mayStillRun = ({ state }: LiveResponseRequest): boolean => state === 'unknown' || state === 'unconfirmed';

const noteAt = (inputId: string, sentence: string): FormFault => ({ inputId, fault: { type: 'refused', sentence } });

/** A form on a message of somebody's: what it names is offered, and filled in only where it names one device. */
export async function openOnMessage(
  options: FlowOptions,
  turn: Turn,
  { text, isHtml, attached = [], isMessage = false }: CalledOn,
): Promise<Answer> {
  if (!(await hasRole(options, turn))) return orRefusal(options, turn, err({ type: 'noRole' }));
  const allowed = mayAsk(options.policy(), await options.groups(), turn.person.id);
  if (!allowed.ok) return orRefusal(options, turn, allowed);
  const read = isHtml ? (readMarkup(text, { isBot: () => false, keepQuotes: true })?.text ?? '') : text;
  const words = [read, ...attached.flatMap(readAttachment)].join('\n');
  const found = findTargets(words);
  const [device, ...others] = found.devices;
  if (found.devices.length + found.paths.length === 0)
    return showing(await drawForm(options, turn, createForm(null), isMessage ? [nothingFound] : []));
  return showing(await openForm(options, turn, device !== undefined && others.length === 0 ? device : null, found));
}

export const changeForm = (
  options: FlowOptions,
  turn: Turn,
  input: FormInput,
  edit: Parameters<typeof editForm>[1],
): Promise<Post> => drawForm(options, turn, editForm(input, edit));

/** The form makes the same draft as the text; whatever is wrong with it comes back on the card, with what the person had filled in. */
export async function submitForm(options: FlowOptions, turn: Turn, data: unknown): Promise<Answer> {
  const input = readFormInput(data);
  const draft = readForm(data);
  if (!draft.ok) return showing(await drawForm(options, turn, input, draft.error));
  return askFromForm(options, turn, { draft: draft.value, input });
}

interface FromForm {
  readonly draft: Draft;
  readonly input: FormInput;
}

/** Asks for what began in a form: it comes back, as it was left, with every refusal. */
export const askFromForm = (
  options: FlowOptions,
  turn: Turn,
  { draft, input, warned = false }: FromForm & { readonly warned?: boolean },
): Promise<Answer> =>
  asking(
    options,
    turn,
    () => ask(options, turn, draft, [], { warned, byCard: true, form: input }),
    (refused) => refill(options, turn, input, refused),
  );

/** What would be asked, exactly, before anybody is: nothing is stored by it. */
export async function previewForm(options: FlowOptions, turn: Turn, data: unknown): Promise<Answer> {
  const input = readFormInput(data);
  const draft = readForm(data);
  if (!draft.ok) return showing(await drawForm(options, turn, input, draft.error));
  return previewDraft(options, turn, { draft: draft.value, input });
}

/** `input` is the form that the draft is from; the draft may name the one device that was chosen of several. */
export async function previewDraft(options: FlowOptions, turn: Turn, { draft, input }: FromForm): Promise<Answer> {
  try {
    const seen = await preview(options, turn, draft, input);
    if (!seen.ok)
      return {
        ...notStored(options, turn, seen.error),
        ...(await refill(options, turn, input, refusedOf(turn, seen.error))),
      };
    return showing(seen.value.type === 'question' ? seen.value.post : previewCard(seen.value.view, { input }));
  } catch (error) {
    if (!(error instanceof DefenderError)) throw error;
    return refill(options, turn, input, [{ inputOf: () => 'device', sentence: tellUnread(options, turn, error) }]);
  }
}

/** What a button of a question or a preview carries on: chosen, confirmed, or shown first where a preview was asked for. */
export function goOn(
  options: FlowOptions,
  turn: Turn,
  action: Extract<CardAction, { verb: 'draft.confirm' | 'draft.device' }>,
): Promise<Answer> {
  const { draft, form } = action;
  const chosen = action.verb === 'draft.device' ? { ...draft, device: action.machineId } : draft;
  const warned = action.verb === 'draft.confirm' && action.warned;
  if (action.verb === 'draft.device' && action.step === 'preview')
    return previewDraft(options, turn, { draft: chosen, input: form ?? draftToForm(draft) }); // guard: a-preview-asks-nobody
  if (form !== null) return askFromForm(options, turn, { draft: chosen, input: form, warned });
  return asking(options, turn, () => ask(options, turn, chosen, [], { warned, byCard: true }));
}

async function refill(
  options: FlowOptions,
  turn: Turn,
  input: FormInput,
  refused: ReturnType<typeof refusedOf>,
): Promise<Answer> {
  const faults = refused.map(
    ({ inputOf, sentence }): FormFault => ({ inputId: inputOf(input), fault: { type: 'refused', sentence } }),
  );
  return showing(await drawForm(options, turn, input, faults));
}

/** What fits to what is typed; device names are for those who have a part in the policy, and for nobody else (T-6). */
export async function search(
  options: FlowOptions,
  turn: Turn,
  { dataset, text }: { readonly dataset: Dataset; readonly text: string },
): Promise<readonly Choice[]> {
  if (!(await hasRole(options, turn))) return []; // guard: searches-need-a-role
  const typed = text.trim();
  const { typeahead } = options;
  const reads = options.reads(turn.person, 'browse');
  switch (dataset) {
    case 'devices':
      return withTyped(deviceChoices(await typeahead.devices(typed, reads), typed, turn.at), typed);
    case 'library':
      return withTyped(libraryChoices(await typeahead.library(reads), typed), typed);
    case 'paths':
      return withTyped([], typed);
  }
}

/** Last, and in place of what does not fit any more. */
function withTyped(choices: readonly Choice[], typed: string): readonly Choice[] {
  if (typed === '' || choices.some(({ value }) => value.toLowerCase() === typed.toLowerCase())) return choices;
  return [...choices.slice(0, mostChoices - 1), asTyped(typed)];
}

/** Lists only where the client can ask for more of them, which the Playground of a trial cannot (teams.md C3). */
async function offersOf(options: FlowOptions, turn: Turn, input: FormInput): Promise<FormOffers> {
  if (!(await hasRole(options, turn))) return noOffers; // guard: forms-offer-nothing-without-a-role
  const isNamed = input.rows.some(({ verb, name }) => verb === 'run' && name.trim() !== '');
  const library = isNamed ? await options.typeahead.library(options.reads(turn.person, 'browse')) : [];
  if (options.trial || input.typed) return { lists: null, library };
  const { tenantId, person, place } = turn;
  const [own, here] = await Promise.all([
    options.store.recentRequests({ tenantId, requesterId: person.id }, lookBack),
    options.store.recentRequests({ tenantId, conversationId: place.conversationId }, lookBack),
  ]);
  const recent = [...own, ...here].map(({ request }) => request);
  return {
    lists: {
      devices: recent.map(({ device }) => device.name),
      files: recent.flatMap(({ commands }) => commands.map(libraryFileOf).filter((name) => name !== null)),
    },
    library,
  };
}
