import type { Draft } from '../chat/draft';
import type { Device } from '../request/request';
import { button } from './button';
import { describeDevice } from './device-lines';
import { fits } from './fits';
import { say, showCode, showCut } from './line';
import { type CardOptions, firstThatFits, moreSection, mostChoices, pagePost, type Section } from './page';
import type { Post } from './post';
import { count } from './words';

/** More than one device matches: a question with numbered choices, never a guess. Names stand in the text, since buttons may apply markdown. */
export function chooseDeviceCard(draft: Draft, devices: readonly Device[], options: CardOptions): Post {
  const build = (withButtons: boolean, rows: number): Post =>
    pagePost(
      {
        title: 'Which device?',
        lines: [
          [
            ...showCut(draft.device, 253, showCode),
            say(
              ` matches ${count(devices.length, 'device')}. ${withButtons ? 'Choose one' : 'Send the request again with the Defender id of the one you mean'}; nothing was sent yet.`,
            ),
          ],
        ],
        sections: [
          ...devices.slice(0, rows).map(
            (device, i): Section => ({
              title: `Device ${i + 1}`,
              lines: describeDevice(device, { at: options.now, full: true, reader: options.reader }),
            }),
          ),
          ...moreSection(
            devices.length - rows,
            'device',
            'If yours is not among these, use its full name or Defender id.',
          ),
        ],
        actions: withButtons
          ? devices.slice(0, rows).map((device, i) =>
              button({
                title: `Device ${i + 1}`,
                verb: 'draft.device',
                data: { machineId: device.machineId, draft },
                inputs: 'none',
              }),
            )
          : [],
      },
      options,
    );
  const withButtons = build(true, Math.min(mostChoices, devices.length));
  return fits(withButtons) ? withButtons : firstThatFits(mostChoices, (rows) => build(false, rows));
}

/** The same question about a history: the buttons lead to the list of one device. */
export const chooseHistoryCard = (
  devices: readonly Device[],
  options: CardOptions & { readonly query: string },
): Post =>
  firstThatFits(Math.min(mostChoices, devices.length), (rows) =>
    pagePost(
      {
        title: 'Which device?',
        lines: [
          [...showCut(options.query, 253, showCode), say(` matches ${count(devices.length, 'device')}. Choose one.`)],
        ],
        sections: [
          ...devices.slice(0, rows).map(
            (device, i): Section => ({
              title: `Device ${i + 1}`,
              lines: describeDevice(device, { at: options.now, full: true, reader: options.reader }),
            }),
          ),
          ...moreSection(
            devices.length - rows,
            'device',
            'If yours is not among these, use its full name or Defender id.',
          ),
        ],
        actions: devices.slice(0, rows).map((device, i) =>
          button({
            title: `Device ${i + 1}`,
            verb: 'list.page',
            data: { list: 'history', about: device.machineId, page: 1 },
            inputs: 'none',
          }),
        ),
      },
      options,
    ),
  );
