import { judge, keeps, median, quantile, ratios, summarize } from '../../bench/statistics';

const atMost = (value: number) => ({ type: 'atMost', value }) as const;
const atLeast = (value: number) => ({ type: 'atLeast', value }) as const;

test('a median of an even number of values lies between the middle two', () => {
  expect(median([4, 1, 3, 2])).toBe(2.5);
});

test('quantiles are linear between the two nearest values', () => {
  const values = [10, 20, 30, 40, 50];
  expect([0, 0.25, 0.5, 0.9, 1].map((part) => quantile(values, part))).toEqual([10, 20, 30, 46, 50]);
});

test('one value is its own median and has no spread', () => {
  expect(summarize([7])).toEqual({ median: 7, iqr: 0, count: 1 });
});

test('one wild round moves neither the median nor the spread much', () => {
  const calm = summarize([10, 11, 10, 11, 10, 11, 10]);
  const wild = summarize([10, 11, 10, 11, 10, 11, 900]);
  expect(wild.median - calm.median).toBeLessThanOrEqual(1);
  expect(wild.iqr - calm.iqr).toBeLessThanOrEqual(1);
});

test('the order of the values and the values themselves stay as they were', () => {
  const values = Object.freeze([3, 1, 2]);
  expect(quantile(values, 0.5)).toBe(2);
  expect(values).toEqual([3, 1, 2]);
});

test('nothing measured has no quantile', () => {
  expect(() => quantile([], 0.5)).toThrow('Nothing was measured');
  expect(() => summarize([])).toThrow('Nothing was measured');
});

test('a quantile outside of the list is a mistake', () => {
  expect(() => quantile([1, 2], 1.5)).toThrow('between 0 and 1');
});

test('ratios are taken round by round, so that a slow minute drops out', () => {
  expect(ratios([2, 20, 4], [1, 10, 2])).toEqual([2, 2, 2]);
  expect(summarize(ratios([2, 20, 4], [1, 10, 2])).iqr).toBe(0);
});

test('rounds without a partner are a mistake', () => {
  expect(() => ratios([1, 2], [1])).toThrow('Rounds come in pairs');
});

test.each([
  ['well below the most', [1.2, 1.21, 1.19], atMost(1.5), 'met'],
  ['well above the most', [2, 2.1, 2.2], atMost(1.5), 'missed'],
  ['well above the least', [0.9, 0.91, 0.92], atLeast(0.6), 'met'],
  ['well below the least', [0.3, 0.31, 0.32], atLeast(0.6), 'missed'],
  ['further apart than from the target', [1.0, 1.3, 1.9], atMost(1.5), 'unclear'],
  ['on the target, with a spread', [1.49, 1.5, 1.51], atMost(1.5), 'unclear'],
  ['on the target, without a spread', [1.5, 1.5, 1.5], atMost(1.5), 'met'],
  ['two rounds, which have no spread worth the name', [1.2, 1.2], atMost(1.5), 'unclear'],
] as const)('rounds that lie %s', (_, values, target, expected) => {
  expect(judge(summarize(values), target)).toBe(expected);
});

test('a number without a spread keeps its target or does not', () => {
  expect([
    keeps(720, atMost(720)),
    keeps(721, atMost(720)),
    keeps(0.6, atLeast(0.6)),
    keeps(0.59, atLeast(0.6)),
  ]).toEqual([true, false, true, false]);
});
