import type { Draft } from '../chat/draft';
import type { Device } from '../request/request';
import { type Button, button } from './button';
import { describeDevice } from './device-lines';
import { fits } from './fits';
import { say, showCode, showCut } from './line';
import { type CardOptions, firstThatFits, moreSection, mostChoices, pagePost, type Section } from './page';
import type { Post } from './post';
import { countFor } from './words';

/** More than one device matches: a question with numbered choices, never a guess. Names stand in the text, since buttons may apply markdown. */
export function chooseDeviceCard(draft: Draft, devices: readonly Device[], options: CardOptions): Post {
  const choice = (device: Device): Choice => ({ verb: 'draft.device', data: { machineId: device.machineId, draft } });
  const build = (withButtons: boolean, rows: number): Post =>
    questionPost({
      query: draft.device,
      next: `${withButtons ? 'Choose one' : 'Send the request again with the Defender id of the one you mean'}; nothing was sent yet.`,
      devices,
      rows,
      choice: withButtons ? choice : null,
      options,
    });
  const withButtons = build(true, Math.min(mostChoices, devices.length));
  return fits(withButtons) ? withButtons : firstThatFits(mostChoices, (rows) => build(false, rows));
}

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
  options,
}: {
  readonly query: string;
  readonly next: string;
  readonly devices: readonly Device[];
  readonly rows: number;
  readonly choice: ((device: Device) => Choice) | null;
  readonly options: CardOptions;
}): Post {
  const { now, reader } = options;
  return pagePost(
    {
      title: 'Which device?',
      lines: [
        [...showCut(query, 253, showCode), say(` matches ${countFor(reader, devices.length, 'device')}. ${next}`)],
      ],
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
    },
    options,
  );
}
