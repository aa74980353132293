/** The middle of some measurements and how far the middle half of them lies apart. */
export interface Summary {
  readonly median: number;
  /** Interquartile range: a few slow rounds on a busy machine do not move it. */
  readonly iqr: number;
  readonly count: number;
}

/** `unclear`: the rounds lie further apart than the median lies from the target, so they say neither. */
export type Judgement = 'met' | 'missed' | 'unclear';

/** What a measurement must keep to. */
export type Target =
  | { readonly type: 'atMost'; readonly value: number }
  | { readonly type: 'atLeast'; readonly value: number };

/** Linear between the two nearest values (Hyndman and Fan, type 7); throws on an empty list, which has no quantile. */
export function quantile(values: readonly number[], part: number): number {
  if (part < 0 || part > 1) throw new RangeError(`A quantile lies between 0 and 1, not at ${part}.`);
  const sorted = [...values].sort((a, b) => a - b);
  const place = (sorted.length - 1) * part;
  const low = sorted[Math.floor(place)];
  const high = sorted[Math.ceil(place)];
  if (low === undefined || high === undefined) throw new RangeError('Nothing was measured, so there is no quantile.');
  return low + (high - low) * (place - Math.floor(place));
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

export const summarize = (values: readonly number[]): Summary => ({
  median: median(values),
  iqr: quantile(values, 0.75) - quantile(values, 0.25),
  count: values.length,
});

/** Round by round: what slows the machine down for a while slows both sides of a round, and drops out of its ratio. */
export function ratios(ours: readonly number[], theirs: readonly number[]): readonly number[] {
  if (ours.length !== theirs.length)
    throw new RangeError(`Rounds come in pairs: ${ours.length} of ours, ${theirs.length} of theirs.`);
  return ours.map((value, round) => value / (theirs[round] as number));
}

/** Refuses to conclude when the spread of the rounds is larger than the distance that the conclusion rests on. */
export function judge({ median, iqr, count }: Summary, target: Target): Judgement {
  if (count < leastRounds || iqr > Math.abs(median - target.value)) return 'unclear';
  return keeps(median, target) ? 'met' : 'missed';
}

/** For a number without a spread, such as one of virtual time. */
export const keeps = (value: number, { type, value: bound }: Target): boolean =>
  type === 'atMost' ? value <= bound : value >= bound;

/** Fewer rounds have quartiles, and the quartiles mean nothing. */
const leastRounds = 3;
