import { hasHidden } from '../../../src/lib/visible';
import { readerOf } from '../../../src/thread/kit/reader';
import { countFor, everyone, formatSize, formatTime } from '../../../src/thread/kit/words';
import { noon } from '../samples';

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

test.each([
  ['de-DE', '10,0 MB (10.485.760 bytes)', '1.234 files'],
  ['en-GB', '10.0 MB (10,485,760 bytes)', '1,234 files'],
  ['hi-IN', '10.0 MB (1,04,85,760 bytes)', '1,234 files'],
  ['fr-FR', '10,0 MB (10 485 760 bytes)', '1 234 files'],
  ['ar-EG', null, null],
  ['fa-IR', null, null],
])('in their own chat a person of %s reads numbers as they write them', (locale, size, files) => {
  const shown = [formatSize(10_485_760, own(locale, 'UTC')), countFor(own(locale, 'UTC'), 1_234, 'file')];
  if (size !== null) expect(shown).toEqual([size, files]);
  expect(shown.map(hasHidden)).toEqual([false, false]);
});

test('what people of many locales read has blanks between thousands, which nobody takes for a fraction', () => {
  expect([formatSize(10_485_760), countFor(undefined, 1_234, 'file'), countFor(everyone, 999, 'file')]).toEqual([
    '10.0 MB (10 485 760 bytes)',
    '1 234 files',
    '999 files',
  ]);
});

test('in a dialog a person reads their own way, wherever it was opened', () => {
  const turn = { ...place('channel'), locale: 'de-DE', timezone: 'Europe/Berlin', seenAlone: true } as const;
  expect(readerOf(turn)).toEqual({ locale: 'de-DE', zone: 'Europe/Berlin' });
});

test.each(['channel', 'groupChat'])('in a %s all read the same time and the same numbers', (scope) => {
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
