import { err, ok, type Result } from '../lib/result';
import type { Person } from './request';

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

export type ResumeRefusal = { readonly type: 'notPaused' } | { readonly type: 'pausedByYou'; readonly at: number };

/** A stop by one person is lifted by another: who was pressed, or whose account was taken, cannot undo it alone. */
export function mayResume(pause: Pause | null, personKey: string): Result<Pause, ResumeRefusal> {
  if (pause === null) return err({ type: 'notPaused' });
  if (pause.personKey === personKey) return err({ type: 'pausedByYou', at: pause.at }); // guard: resume-by-somebody-else
  return ok(pause);
}
