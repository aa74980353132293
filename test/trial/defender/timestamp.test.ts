import * as fc from 'fast-check';
import { formatTimestamp, parseTicks } from '../../../trial/defender/timestamp';

const instants = fc.integer({ min: 0, max: 4_102_444_800_000 });

test('a timestamp keeps its millisecond, and the same one is always written the same way', () => {
  fc.assert(
    fc.property(instants, fc.string(), (ms, salt) => {
      const text = formatTimestamp(ms, salt);
      expect(Math.floor(Number(parseTicks(text)) / 10_000)).toBe(ms);
      expect(formatTimestamp(ms, salt)).toBe(text);
      expect(text).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{0,6}[1-9])?Z$/);
    }),
  );
});

test('fractions of 0 to 7 digits all occur', () => {
  const digits = new Set<number>();
  for (let i = 0; i < 3_000; i++) digits.add(/\.(\d+)Z/.exec(formatTimestamp(i * 37, String(i)))?.[1]?.length ?? 0);
  expect([...digits].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
});

test.each(['2026-03-02', '2026-03-02T09:00:00', '2026-13-02T09:00:00Z', '2026-03-02T09:00:00.12345678Z', 'now'])(
  '%s is no instant',
  (text) => {
    expect(parseTicks(text)).toBeNull();
  },
);
