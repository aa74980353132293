import { hasHidden, hasHiddenInProse } from '../lib/visible';
import { holdsMark } from '../mask/marks';
import { maxReasonLength } from '../request/ask/command';
import type { ChatFault } from './faults';

type TextFault = Extract<ChatFault, { type: 'tooLong' | 'hiddenCharacters' | 'holdsMark' }>;

/** A DNS name has at most 253 characters. */
export const maxDeviceLength = 253;

/** The faults of a device as it was typed; whether it exists is Defender's to say. */
export function checkDevice(device: string): readonly TextFault[] {
  if (device.length > maxDeviceLength) {
    return [{ type: 'tooLong', part: 'device', length: device.length, limit: maxDeviceLength }];
  }
  if (holdsMark(device)) return [{ type: 'holdsMark', part: 'device' }];
  return hasHidden(device) ? [{ type: 'hiddenCharacters', part: 'device', text: device }] : [];
}

/** The faults of a reason: lines may end in it, and emoji may stand in it; other characters that a reader cannot see may not be in it (T-18). */
export function checkReason(reason: string): readonly TextFault[] {
  if (reason.length > maxReasonLength) {
    return [{ type: 'tooLong', part: 'reason', length: reason.length, limit: maxReasonLength }];
  }
  if (holdsMark(reason)) return [{ type: 'holdsMark', part: 'reason' }];
  return hasHiddenInProse(reason.replaceAll('\n', ''))
    ? [{ type: 'hiddenCharacters', part: 'reason', text: reason }]
    : [];
}
