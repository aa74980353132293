import { formatNumber } from '../../lib/number';
import type { Command, CommandType } from '../../request/ask/command';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** For whose eyes times are written; numbers and the order of a date are the same for everybody, so that no two on one screen differ. */
export interface ReaderFormat {
  /** A time zone that `Intl` knows. */
  readonly zone: string;
}

/**
 * What several people read: one time for all of them, since they compare what they see and the audit keeps it. Teams' `{{DATE()}}` would show each
 * client its own, but it works in markdown texts only, and in those nothing from outside may stand (teams.md C5, T-19).
 */
export const everyone: ReaderFormat = { zone: 'UTC' };

/** An instant with its zone, such as "3 Mar 2026 14:03 UTC": a card is read on other days and in other places than it was written. */
export function formatTime(at: number, reader: ReaderFormat = everyone): string {
  const key = `${reader.zone} ${Math.floor(at / minute)}`;
  const known = times.get(key);
  if (known !== undefined) return known;
  if (times.size >= mostTimes) times.clear();
  const written = writeTime(at, reader);
  times.set(key, written);
  return written;
}

/** The same few minutes are on every card of a request, and writing one takes longer than the rest of its line. */
const times = new Map<string, string>();
const mostTimes = 500;

function writeTime(at: number, reader: ReaderFormat): string {
  const clock = clockOf(reader);
  const parts = clock.formatToParts(at);
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.find((p) => p.type === type)?.value ?? '';
  return `${part('day')} ${part('month')} ${part('year')} ${part('hour')}:${part('minute')} ${part('timeZoneName')}`;
}

/** The same in as few words as a card of today needs: the clock alone on the day of `now`, the year where it is long ago. */
export function formatShort(at: number, now: number, reader: ReaderFormat = everyone): string {
  const whole = formatTime(at, reader);
  const [dayOfMonth = '', month = '', year = '', ...clock] = whole.split(' ');
  const isSameDay = formatTime(now, reader).startsWith(`${dayOfMonth} ${month} ${year} `);
  if (isSameDay) return clock.join(' ');
  return [dayOfMonth, month, ...(Math.abs(now - at) > 300 * day ? [year] : []), ...clock].join(' ');
}

const clocks = new Map<string, Intl.DateTimeFormat>();

/** Making a formatter costs a thousand times what using it does, so each zone's is kept; there are a few hundred. */
function clockOf({ zone }: ReaderFormat): Intl.DateTimeFormat {
  const made = clocks.get(zone);
  if (made !== undefined) return made;
  // Day before month, and the month a word.
  const clock = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZoneName: 'short',
  });
  clocks.set(zone, clock);
  return clock;
}

/** The two largest units that matter, rounded down, such as "2 hours 5 minutes"; never more exact than a reader needs. */
export function formatDuration(ms: number): string {
  const span = Math.max(0, ms);
  if (span < second) return 'less than a second';
  if (span < minute) return count(Math.floor(span / second), 'second');
  if (span < 10 * minute) return twoUnits(span, minute, 'minute', second, 'second');
  if (span < hour) return count(Math.floor(span / minute), 'minute');
  if (span < day) return twoUnits(span, hour, 'hour', minute, 'minute');
  if (span < 3 * day) return twoUnits(span, day, 'day', hour, 'hour');
  return count(Math.floor(span / day), 'day');
}

/** The largest unit that matters, rounded down: "10 s", "30 min", "2 h", "40 days". */
export function formatSpan(ms: number): string {
  const span = Math.max(0, ms);
  if (span < second) return 'less than 1 s';
  if (span < 2 * minute) return `${Math.floor(span / second)} s`;
  if (span < 2 * hour) return `${Math.floor(span / minute)} min`;
  if (span < 2 * day) return `${Math.floor(span / hour)} h`;
  return count(Math.floor(span / day), 'day');
}

/** Bytes with the exact number beside the rounded one, since people compare sizes of evidence. */
export function formatSize(bytes: number): string {
  if (bytes < 1_024) return count(bytes, 'byte');
  const units = ['KB', 'MB', 'GB', 'TB'];
  let value = bytes / 1_024;
  let unit = 0;
  while (value >= 1_023.95 && unit < units.length - 1) {
    value /= 1_024;
    unit += 1;
  }
  return `${value.toFixed(1)} ${units[unit]} (${formatNumber(bytes)} bytes)`;
}

/** "1 file", "2 files". */
export const count = (n: number, one: string, many = `${one}s`): string => `${formatNumber(n)} ${n === 1 ? one : many}`;

/** "a, b and c". */
export const formatList = (items: readonly string[], word = 'and'): string =>
  items.length < 2 ? (items[0] ?? '') : `${items.slice(0, -1).join(', ')} ${word} ${items.at(-1)}`;

/** Hex in groups of four, so that two people can compare it aloud. */
export const groupHex = (hex: string): string => (hex.match(/.{1,4}/g) ?? []).join(' ');

/** What a command does, in one word of ours; its line on a card begins with it. */
export const commandVerb = (type: CommandType): string => ({ PutFile: 'put', RunScript: 'run', GetFile: 'get' })[type];

/** What a command does, in the portal's words. */
export const commandTitle = (type: CommandType): string => {
  switch (type) {
    case 'PutFile':
      return 'Put file';
    case 'RunScript':
      return 'Run script';
    case 'GetFile':
      return 'Get file';
  }
};

/** The one name or path that a command is about; untrusted text. */
export function commandSubject(command: Command): string {
  switch (command.type) {
    case 'PutFile':
      return command.fileName;
    case 'RunScript':
      return command.scriptName;
    case 'GetFile':
      return command.path;
  }
}

/** An instant that Defender wrote (0 to 7 fraction digits, defender-api.md §2), or null when it is none. */
export function parseDefenderTime(text: string | null): number | null {
  const at = text === null || !/^\d{4}-\d{2}-\d{2}T/.test(text) ? Number.NaN : Date.parse(text);
  return Number.isNaN(at) ? null : at;
}

function twoUnits(ms: number, big: number, bigName: string, small: number, smallName: string): string {
  const whole = Math.floor(ms / big);
  const rest = Math.floor((ms % big) / small);
  return rest === 0 ? count(whole, bigName) : `${count(whole, bigName)} ${count(rest, smallName)}`;
}
