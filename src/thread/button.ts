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

/** Opens the form, for a device or for none yet. */
export const openForm = (title: string, device: string | null): ActionJson =>
  button({ title, verb: 'form.open', data: device === null ? {} : { device }, inputs: 'none' });

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
