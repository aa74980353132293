import { formatNumber } from '../lib/number';
import { visible } from '../lib/visible';
import { mostDevices } from '../request/batch/batch';
import type { DeviceListFault } from './device-list';

/** What is wrong with a pasted list of devices, and what to do. */
export function describeListFault(fault: DeviceListFault): string {
  switch (fault.type) {
    case 'tooManyLines':
      return `The list has ${formatNumber(fault.lines)} lines. One request can be about ${mostDevices} devices at most. Shorten the list and send it again.`;
    case 'noDeviceColumn':
      return `The list has ${fault.columns.length} columns, and none is headed Device name, Name or Device ID. Add that heading, or paste the names alone, one on a line.`;
    case 'unreadableText':
      return 'The list holds characters that are no text, as a file saved as UTF-16 does. Save it as UTF-8, or paste the names alone.';
    case 'unclosedCell':
      return `A double quote in line ${fault.line} of the list is not closed: ${visible('"')} must stand on both sides of a name. Fix that line and send it again.`;
  }
}
