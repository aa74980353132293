import { err, ok, type Result } from '../lib/result';
import type { Person, RequestId } from './request';

/** While it is there, nothing is submitted; kept as the fact `pause`, so that it survives a restart. */
export interface Pause {
  readonly by: Person;
  /** The person behind the account, who may not be the one to resume. */
  readonly personKey: string;
  readonly reason: string;
  readonly at: number;
}

/** The name of the fact; its value is a `Pause`, or null when nothing is paused. */
export const pauseFact = 'pause';

export type ResumeRefusal =
  | { readonly type: 'notPaused' }
  | { readonly type: 'pausedByYou'; readonly at: number }
  | { readonly type: 'mayNotResume' }
  /** What this person asked for would go with it: `ids` are those requests. */
  | { readonly type: 'yoursWait'; readonly ids: readonly RequestId[] };

/**
 * A stop by one person is lifted by another who may approve and gains nothing by it: who was pressed, or whose account was taken, cannot
 * undo it, and nobody lifts it for a request of their own (T-31). `waiting`: requests of this person that are undecided or not sent.
 */
export function mayResume(
  pause: Pause | null,
  by: { readonly personKey: string; readonly mayApprove: boolean; readonly waiting: readonly RequestId[] },
): Result<Pause, ResumeRefusal> {
  if (pause === null) return err({ type: 'notPaused' });
  if (pause.personKey === by.personKey) return err({ type: 'pausedByYou', at: pause.at }); // guard: resume-by-somebody-else
  if (!by.mayApprove) return err({ type: 'mayNotResume' }); // guard: resume-by-an-approver
  if (by.waiting.length > 0) return err({ type: 'yoursWait', ids: by.waiting }); // guard: nobody-resumes-for-themselves
  return ok(pause);
}
