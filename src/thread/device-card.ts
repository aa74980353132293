import type { Device } from '../request/request';
import { openForm } from './button';
import { describeDevice } from './device-lines';
import { say, showCode, showCut } from './line';
import { type CardOptions, firstThatFits, moreSection, mostChoices, pagePost, type Section } from './page';
import type { Post } from './post';
import { count } from './words';

/** What Defender knows of the devices that were looked up, each with a button to start a request. */
export function deviceCard(devices: readonly Device[], options: CardOptions & { readonly query: string }): Post {
  if (devices.length === 0) {
    const none = [
      say('Defender knows no device by '),
      ...showCut(options.query, 100, showCode),
      say('. Try its full name, an address, its id, or tag: and a tag.'),
    ];
    return pagePost({ title: 'No such device', lines: [none] }, options);
  }
  return firstThatFits(mostChoices, (rows) =>
    pagePost(
      {
        title: count(devices.length, 'device'),
        sections: [
          ...devices.slice(0, rows).map(
            (device): Section => ({
              lines: describeDevice(device, { at: options.now, full: true }),
              actions: [openForm('Ask for something on this device', device.machineId)],
            }),
          ),
          ...moreSection(devices.length - rows, 'device', 'Ask with more of the name to see fewer.'),
        ],
      },
      options,
    ),
  );
}
