import { type Finding, weightOf } from '../../request/ask/preflight';
import type { Device } from '../../request/request';
import { underWayStates } from '../../request/waiting';
import { openForm } from '../kit/button';
import { type Line, say, showCode, showCut } from '../kit/line';
import { type CardOptions, firstThatFits, moreSection, mostChoices, pagePost, type Section } from '../kit/page';
import type { Post } from '../kit/post';
import type { RequestView } from '../kit/view';
import { count, formatDuration, parseDefenderTime } from '../kit/words';
import { describeDevice } from '../sentences/device-lines';
import { findingRows } from '../sentences/finding-words';
import { requestRow } from './request-row';

/** What this bot knows of live response on one device. */
export interface DeviceStanding {
  readonly device: Device;
  readonly findings: readonly Finding[];
  /** Our requests that are open on it, those at Defender first. */
  readonly open: readonly RequestView[];
  /** The newest that have ended. */
  readonly ended: readonly RequestView[];
}

/** One device: who and how it is, whether live response would work on it now, what was asked on it, and a button to ask. */
export function deviceCard({ device, findings, open, ended }: DeviceStanding, options: CardOptions): Post {
  const build = (rows: number): Post =>
    pagePost(
      {
        title: 'Device',
        lines: describeDevice(device, { at: options.now, full: true, reader: options.reader }),
        sections: [
          {
            title: standingTitle(findings, open),
            lines: [
              ...(findings.some(({ type }) => type === 'longSilent') ? [] : standingLines(device, options.now)),
              ...findingRows(findings, options.reader),
            ],
          },
          ...requestSections('Open on it now', open.slice(0, rows), options),
          ...requestSections('Asked before', ended.slice(0, rows), options),
        ],
        actions: findings.some(({ type }) => weightOf(type) === 'refusal')
          ? []
          : [openForm('Ask for something on this device', device.machineId, options)],
      },
      options,
    );
  return firstThatFits(3, build);
}

function standingTitle(findings: readonly Finding[], open: readonly RequestView[]): string {
  if (findings.some(({ type }) => weightOf(type) === 'refusal')) return 'Live response: not possible';
  if (findings.length > 0) return `Live response: ${count(findings.length, 'thing')} to know`;
  if (open.some(({ request }) => underWayStates.some((state) => state === request.state)))
    return 'Live response: busy with ours';
  return open.length > 0 ? 'Live response: asked for already' : 'Live response: nothing known against it';
}

/** What the time of the last report means: a weak sign, since one comes about daily (defender-api.md §1.6). */
function standingLines(device: Device, now: number): readonly Line[] {
  const seenAt = parseDefenderTime(device.lastSeen);
  if (seenAt === null)
    return [[say('Defender does not tell when it last reported, so whether it is on cannot be told.')]];
  return [
    [
      say(
        now - seenAt < freshMs
          ? 'It reported within the last day, as a device in use does; Defender does not tell whether it is on right now.'
          : `It last reported ${formatDuration(now - seenAt)} ago. A device in use reports about once a day, so it may be off.`,
      ),
    ],
  ];
}

const freshMs = 26 * 3_600_000;

const requestSections = (title: string, views: readonly RequestView[], { reader }: CardOptions): readonly Section[] =>
  views.map((view, i) => ({ ...(i === 0 ? { title } : {}), lines: requestRow(view, reader) }));

/** More than one device, or none: what Defender knows of each, with a button to start a request on it. */
export function devicesCard(devices: readonly Device[], options: CardOptions & { readonly query: string }): Post {
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
              lines: describeDevice(device, { at: options.now, full: true, reader: options.reader }),
              actions: [openForm('Ask for something on this device', device.machineId, options)],
            }),
          ),
          ...moreSection(devices.length - rows, 'device', 'Ask with more of the name to see fewer.'),
        ],
      },
      options,
    ),
  );
}
