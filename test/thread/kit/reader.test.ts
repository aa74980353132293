import { hasHidden } from '../../../src/lib/visible';
import { readerOf } from '../../../src/thread/kit/reader';
import { count, everyone, formatSize, formatTime } from '../../../src/thread/kit/words';
import { noon } from '../samples';

const place = (scope: string) => ({ place: { scope } as never });
const own = (timezone: string | null) => readerOf({ ...place('personal'), timezone });

test.each([
  ['Europe/Berlin', '3 Mar 2026 13:00 CET'],
  ['America/New_York', '3 Mar 2026 07:00 GMT-5'],
  ['Asia/Tokyo', '3 Mar 2026 21:00 GMT+9'],
  ['Africa/Cairo', '3 Mar 2026 14:00 EET'],
])(
  'in their own chat a person in %s reads their own time in the one form of all dates, its zone beside it',
  (zone, shown) => {
    expect(formatTime(noon, own(zone))).toBe(shown);
    expect(hasHidden(shown)).toBe(false);
  },
);

test('numbers have blanks between thousands, which nobody takes for a fraction', () => {
  expect([formatSize(10_485_760), count(1_234, 'file'), count(999, 'file')]).toEqual([
    '10.0 MB (10 485 760 bytes)',
    '1 234 files',
    '999 files',
  ]);
});

test('in a dialog a person reads their own time, wherever it was opened', () => {
  const turn = { ...place('channel'), timezone: 'Europe/Berlin', seenAlone: true } as const;
  expect(readerOf(turn)).toEqual({ zone: 'Europe/Berlin' });
});

test.each(['channel', 'groupChat'])('in a %s all read the same time', (scope) => {
  expect(readerOf({ ...place(scope), timezone: 'Europe/Berlin' })).toEqual(everyone);
});

test.each([[null], [''], ['Mars/Olympus'], ['+02:00'], ['Europe/Berlin; drop']])(
  'what is no zone is read as UTC: %j',
  (zone) => {
    expect(own(zone)).toEqual(everyone);
  },
);
