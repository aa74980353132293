import { shareOut } from '../../src/dispatch/batches/share-out';
import type { RequestId } from '../../src/request/request';

const wish = (id: string, underWay: number, wants: number) => ({
  id: id as RequestId,
  underWay,
  next: Array.from({ length: wants }, (_, index) => index + 1),
});
const given = (batches: Parameters<typeof shareOut>[0], sessions: number) =>
  [...shareOut(batches, sessions)].map(([, numbers]) => numbers.length);

test.each([
  [1, 1],
  [3, 1],
  [10, 5],
  [50, 25],
])('of %i sessions one batch holds at most half, and at least one: %i', (sessions, most) => {
  expect(given([wish('LR-AAAA', 0, 100)], sessions)).toEqual([most]);
});

test('all batches together leave five sessions, and take turns', () => {
  expect(given([wish('LR-AAAA', 20, 100), wish('LR-BBBB', 0, 100)], 50)).toEqual([3, 22]);
});

test('what is under way counts', () => {
  expect(given([wish('LR-AAAA', 25, 100)], 50)).toEqual([0]);
  expect(given([wish('LR-AAAA', 24, 100)], 50)).toEqual([1]);
});
