import { visible } from '../../lib/visible';
import { cutAt } from './line';
import type { CardAction } from './verbs';

export type ActionJson = { readonly type: string; readonly title: string; readonly [key: string]: unknown };

export interface Button {
  /** Our own words: Teams may apply markdown to it. */
  readonly title: string;
  readonly verb: CardAction['verb'];
  readonly data: Readonly<Record<string, unknown>>;
  readonly style?: 'positive' | 'destructive';
  /** `none`: the button works whatever the inputs of the card hold. */
  readonly inputs: 'all' | 'none';
}

/** A Universal Action, with an Action.Submit that carries the same for clients that know none (teams.md E4). */
export function button({ title, verb, data, style, inputs }: Button): ActionJson {
  const common = {
    title,
    ...(style === undefined ? {} : { style }),
    associatedInputs: inputs === 'none' ? 'none' : 'auto',
  };
  return {
    type: 'Action.Execute',
    ...common,
    verb,
    data,
    fallback: { type: 'Action.Submit', ...common, data: { ...data, verb } },
  };
}

/** `machineId` is from Defender. */
export const openDevicePage = (machineId: string): ActionJson => ({
  type: 'Action.OpenUrl',
  title: 'Open the device in Defender',
  url: `https://security.microsoft.com/machines/v2/${encodeURIComponent(machineId)}`,
});

/** Opens a dialog, or shows its card below where the client has none, as the Playground of a trial (teams.md C3). */
export const openDialog = (
  { title, verb, data, style }: Omit<Button, 'inputs'>,
  { trial }: { readonly trial: boolean },
): ActionJson =>
  trial
    ? button({ title, verb, data, inputs: 'none', ...(style === undefined ? {} : { style }) })
    : {
        type: 'Action.Submit',
        title,
        ...(style === undefined ? {} : { style }),
        associatedInputs: 'none',
        data: { ...data, verb, msteams: { type: 'task/fetch' } },
      };

/** Opens the form, for a device or for none yet. */
export const openForm = (title: string, device: string | null, where: { readonly trial: boolean }): ActionJson =>
  openDialog({ title, verb: 'form.open', data: device === null ? {} : { device } }, where);

/** Shows what is folded on the same card, and folds it again. */
export const foldButton = (title: string, id: string): ActionJson => ({
  type: 'Action.ToggleVisibility',
  title,
  targetElements: [id],
});

/** A button that opens a small card with one question, so that its answer is needed for this action and no other. */
export function askFirst(options: {
  readonly title: string;
  readonly style?: 'destructive';
  readonly question: TextInput;
  readonly answer: Button;
}): ActionJson {
  return {
    type: 'Action.ShowCard',
    title: options.title,
    ...(options.style === undefined ? {} : { style: options.style }),
    card: {
      type: 'AdaptiveCard',
      version: '1.5',
      body: [textInput(options.question)],
      actions: [button(options.answer)],
    },
  };
}

export interface TextInput {
  readonly id: string;
  /** Our own words. */
  readonly label: string;
  readonly errorMessage: string;
  readonly required: boolean;
  readonly maxLength: number;
  readonly multiline: boolean;
  /** What a person typed before; shown as plain text by every client. */
  readonly value?: string;
  readonly placeholder?: string;
}

export const textInput = ({
  id,
  label,
  errorMessage,
  required,
  maxLength,
  multiline,
  value,
  placeholder,
}: TextInput): Readonly<Record<string, unknown>> => ({
  type: 'Input.Text',
  id,
  label,
  isRequired: required,
  errorMessage,
  maxLength,
  isMultiline: multiline,
  ...(value === undefined ? {} : { value }),
  ...(placeholder === undefined ? {} : { placeholder }),
});

/** One thing to choose. `title` is shown as plain text: what came from outside goes through `visible` first. */
export interface Choice {
  readonly title: string;
  readonly value: string;
}

export interface ChoiceInput {
  readonly id: string;
  /** Our own words. */
  readonly label: string;
  readonly errorMessage: string;
  readonly placeholder: string;
  readonly value: string;
  /** Shown before anything is typed, and all there is where the client asks for no more. */
  readonly choices: readonly Choice[];
  /** What the client asks the bot for while a person types ("Typeahead search in Adaptive Cards"). */
  readonly dataset: string;
}

/** A list to type into. What is filled in already is one of its choices, or a client would not show it. */
export function choiceInput({ id, label, errorMessage, placeholder, value, choices, dataset }: ChoiceInput): object {
  const isListed = value === '' || choices.some((choice) => choice.value === value);
  return {
    type: 'Input.ChoiceSet',
    style: 'filtered',
    id,
    label,
    isRequired: false,
    errorMessage,
    placeholder,
    choices: [...(isListed ? [] : [{ title: cutAt(visible(value), 150), value }]), ...choices],
    'choices.data': { type: 'Data.Query', dataset },
    ...(value === '' ? {} : { value }),
  };
}
