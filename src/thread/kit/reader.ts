import type { Turn } from './turn';
import { everyone, type ReaderFormat } from './words';

/**
 * For whom an answer is written: in a person's own chat and in a dialog in their locale and zone, as far as the activity names ones that exist;
 * wherever others read along, for everyone.
 */
export function readerOf({
  place,
  seenAlone,
  locale,
  timezone,
}: Pick<Turn, 'place' | 'seenAlone' | 'locale' | 'timezone'>): ReaderFormat {
  if (place.scope !== 'personal' && seenAlone !== true) return everyone;
  return { locale: knownLocale(locale) ?? everyone.locale, zone: knownZone(timezone) ?? everyone.zone };
}

/** The canonical tag without extensions, so that a sender cannot make up any number of locales. */
function knownLocale(tag: string | null): string | null {
  try {
    const { language, region } = new Intl.Locale(tag ?? '');
    const plain = region === undefined ? language : `${language}-${region}`;
    return Intl.DateTimeFormat.supportedLocalesOf(plain)[0] ?? null;
  } catch {
    return null;
  }
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
