import { randomBytes } from 'node:crypto';

/** Randomness as an argument: `size` unpredictable bytes. */
export type RandomBytes = (size: number) => Uint8Array;

export const systemRandom: RandomBytes = (size) => randomBytes(size);
