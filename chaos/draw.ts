import { createHash } from 'node:crypto';

/** Chance that can be had again: the same seed draws the same. Good enough to vary a story, and for nothing secret. */
export interface Draw {
  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number;
  chance(probability: number): boolean;
  pick<T>(from: readonly T[]): T;
  /** A stream of its own, so that what is drawn there moves nothing here. */
  fork(name: string): Draw;
}

export function createDraw(seed: string): Draw {
  let state = createHash('sha256').update(seed).digest().readUInt32LE(0);
  /** mulberry32 (Tommy Ettinger, public domain): 32 bits of state, evenly spread. */
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
  const between = (least: number, most: number): number => least + Math.floor(next() * (most - least + 1));
  return {
    between,
    chance: (probability) => next() < probability,
    pick(from) {
      const picked = from[between(0, from.length - 1)];
      if (picked === undefined) throw new Error('There is nothing to pick from.');
      return picked;
    },
    fork: (name) => createDraw(`${seed}/${name}`),
  };
}
