import type { Turn } from './turn';
import { everyone, type ReaderFormat } from './words';

/**
 * For whom an answer is written: in a person's own chat and in a dialog in their zone, as far as the activity names one that exists;
 * wherever others read along, for everyone.
 */
export function readerOf({ place, seenAlone, timezone }: Pick<Turn, 'place' | 'seenAlone' | 'timezone'>): ReaderFormat {
  if (place.scope !== 'personal' && seenAlone !== true) return everyone;
  return { zone: knownZone(timezone) ?? everyone.zone };
}

/** By the name that `Intl` gives it: an offset such as +02:00 is no zone that a person would look for. */
function knownZone(zone: string | null): string | null {
  try {
    return zone === null || /^[+-]/.test(zone)
      ? null
      : new Intl.DateTimeFormat('en-GB', { timeZone: zone }).resolvedOptions().timeZone;
  } catch {
    return null;
  }
}
