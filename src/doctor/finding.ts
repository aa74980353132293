/** How one look ended. `skip`: it could not be taken, because of something that another finding tells. */
export type Verdict = 'ok' | 'warn' | 'fail' | 'skip';

/** One row of the table: what was looked at, what was found and why that matters, and what to do next. Never a secret, a token or a link. */
export interface Finding {
  /** One of `checkNames`. */
  readonly check: string;
  readonly verdict: Verdict;
  readonly found: string;
  /** Null when there is nothing to do. */
  readonly cure: string | null;
}

/** A finding without the name of its check, which whoever runs it adds. */
export type Judged = Omit<Finding, 'check'>;

export const fine = (found: string): Judged => ({ verdict: 'ok', found, cure: null });
export const warn = (found: string, cure: string): Judged => ({ verdict: 'warn', found, cure });
export const fail = (found: string, cure: string): Judged => ({ verdict: 'fail', found, cure });

/** 0: nothing fails. 1: something does. That the doctor itself could not run is 2, and its caller's to say. */
export const exitCodeOf = (findings: readonly Finding[]): 0 | 1 =>
  findings.some(({ verdict }) => verdict === 'fail') ? 1 : 0;
