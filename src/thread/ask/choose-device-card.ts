import type { Draft } from '../../chat/draft';
import { type FormInput, wholeFormData } from '../../chat/form';
import type { Device } from '../../request/request';
import { type ActionJson, type Button, button } from '../kit/button';
import { fits } from '../kit/fits';
import { say, showCode, showCut } from '../kit/line';
import { type CardOptions, firstThatFits, moreSection, mostChoices, pagePost, type Section } from '../kit/page';
import type { Post } from '../kit/post';
import { count } from '../kit/words';
import { describeDevice } from '../sentences/device-lines';

/** Where a draft comes from and where it goes once its device is known. */
export interface FormStep {
  /** Null: it was typed. */
  readonly form: FormInput | null;
  readonly step: 'ask' | 'preview';
}

/** More than one device matches: a question with numbered choices, never a guess. Names stand in the text, since buttons may apply markdown. */
export function chooseDeviceCard(
  draft: Draft,
  devices: readonly Device[],
  options: CardOptions & Partial<FormStep>,
): Post {
  const { form = null, step = 'ask' } = options;
  const choice =
    (kept: FormInput | null) =>
    (device: Device): Choice => ({
      verb: 'draft.device',
      data: { machineId: device.machineId, draft, step, ...originData(kept) },
    });
  const build = (choose: ((device: Device) => Choice) | null, rows: number): Post =>
    questionPost({
      query: draft.device,
      next: `${choose === null ? 'Send the request again with the Defender id of the one you mean' : 'Choose one'}; nothing was sent yet.`,
      devices,
      rows,
      choice: choose,
      actions: choose === null || form === null ? [] : [backToForm(form)],
      options,
    });
  const rows = Math.min(mostChoices, devices.length);
  // The draft alone makes the form again, but for what a message had named.
  const withButtons = [form, null].map((kept) => build(choice(kept), rows)).find(fits);
  return withButtons ?? firstThatFits(mostChoices, (fewer) => build(null, fewer));
}

/** With a button that carries on from a form: its data, to be come back to. */
export const originData = (form: FormInput | null): { readonly form?: object } =>
  form === null ? {} : { form: wholeFormData(form) };

export const backToForm = (form: FormInput): ActionJson =>
  button({ title: 'Back to the form', verb: 'form.back', data: wholeFormData(form), inputs: 'none' });

/** The same question about a history: the buttons lead to the list of one device. */
export const chooseHistoryCard = (
  devices: readonly Device[],
  options: CardOptions & { readonly query: string },
): Post =>
  firstThatFits(Math.min(mostChoices, devices.length), (rows) =>
    questionPost({
      query: options.query,
      next: 'Choose one.',
      devices,
      rows,
      choice: ({ machineId }) => ({ verb: 'list.page', data: { list: 'history', about: machineId, page: 1 } }),
      options,
    }),
  );

type Choice = Pick<Button, 'verb' | 'data'>;

/** Each button stands under the device that it chooses. */
function questionPost({
  query,
  next,
  devices,
  rows,
  choice,
  actions = [],
  options,
}: {
  readonly query: string;
  readonly next: string;
  readonly devices: readonly Device[];
  readonly rows: number;
  readonly choice: ((device: Device) => Choice) | null;
  readonly actions?: readonly ActionJson[];
  readonly options: CardOptions;
}): Post {
  const { now, reader } = options;
  return pagePost(
    {
      title: 'Which device?',
      lines: [[...showCut(query, 253, showCode), say(` matches ${count(devices.length, 'device')}. ${next}`)]],
      sections: [
        ...devices.slice(0, rows).map(
          (device, i): Section => ({
            title: `Device ${i + 1}`,
            lines: describeDevice(device, { at: now, full: true, reader }),
            actions: choice === null ? [] : [button({ title: `Device ${i + 1}`, ...choice(device), inputs: 'none' })],
          }),
        ),
        ...moreSection(
          devices.length - rows,
          'device',
          'If yours is not among these, use its full name or Defender id.',
        ),
      ],
      actions,
    },
    options,
  );
}
