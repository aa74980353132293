/** How a submission was answered, as far as it counts against Defender's limits; `rate` and `sessions` are its two 429s. */
export type SubmissionAnswer = 'accepted' | 'busy' | 'rate' | 'sessions' | 'rejected' | 'notSent' | 'unclear';

/** One POST of ours. It reached Defender between the two instants, if it did. */
export interface Submission {
  /** When it was claimed. */
  readonly at: number;
  /** When its answer was there; null while it may still be under way, and for ever when it was given up. */
  readonly answeredAt: number | null;
  readonly answer: SubmissionAnswer | null;
}
