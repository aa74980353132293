import { hasHidden } from '../../src/lib/visible';
import { readerOf } from '../../src/thread/reader';
import { everyone, formatTime } from '../../src/thread/words';
import { noon } from './samples';

const place = (scope: string) => ({ place: { scope } as never });
const own = (locale: string | null, timezone: string | null) => readerOf({ ...place('personal'), locale, timezone });

test.each([
  ['de-DE', 'Europe/Berlin', '3. März 2026, 13:00 MEZ'],
  ['en-US', 'America/New_York', 'Mar 3, 2026, 07:00 AM EST'],
  ['en-GB', 'Asia/Tokyo', '3 Mar 2026 21:00 GMT+9'],
  ['fr-FR', 'Europe/Paris', '3 mars 2026, 13:00 UTC+1'],
  ['ar-EG', 'Africa/Cairo', null],
  ['fa-IR', 'Asia/Tehran', null],
  ['he-IL', 'Asia/Jerusalem', null],
  ['th-TH', 'Asia/Bangkok', null],
])('in their own chat a person of %s in %s reads their own time, its zone beside it', (locale, zone, shown) => {
  const text = formatTime(noon, own(locale, zone));
  if (shown !== null) expect(text).toBe(shown);
  expect(text).toContain('2026');
  expect(hasHidden(text)).toBe(false);
});

test.each(['channel', 'groupChat'])('in a %s all read the same time', (scope) => {
  expect(readerOf({ ...place(scope), locale: 'de-DE', timezone: 'Europe/Berlin' })).toEqual(everyone);
});

test.each([
  [null, null],
  ['', ''],
  ['xx-nonsense-!', 'Mars/Olympus'],
  ['\u202e', '+02:00'],
  ['zz', 'Europe/Berlin; drop'],
])('what is no locale or no zone is read as UTC in English: %j %j', (locale, zone) => {
  expect(own(locale, zone)).toEqual(everyone);
});

test('extensions of a locale make no other', () => {
  expect(own('de-DE-u-ca-buddhist-nu-thai', 'UTC')).toEqual({ locale: 'de-DE', zone: 'UTC' });
});
