import { keptFor } from '../../src/lib/kept-for';

describe('a reading that is kept for a second', () => {
  let now = 5_000;
  let reads = 0;
  const read = keptFor({ now: () => now }, 1_000, async () => {
    reads += 1;
    if (reads === 3) throw new Error('away');
    return reads;
  });

  test('is made once for all who ask meanwhile, and anew after it', async () => {
    expect(await Promise.all([read(), read()])).toEqual([1, 1]);
    now += 999;
    expect(await read()).toBe(1);
    now += 1;
    expect(await read()).toBe(2);
  });

  test('is made anew when it failed, or when the clock was set back', async () => {
    now += 1_000;
    await expect(read()).rejects.toThrow('away');
    expect(await read()).toBe(4);
    now -= 500;
    expect(await read()).toBe(5);
  });
});
