import type { RequestBar } from '../../src/request/bar';
import { isFinal, type LiveResponseRequest, type Vote } from '../../src/request/request';
import { ana, keyOf } from './sample';

/** Final, or in the one doubt that only people can end: an action that we know and that Defender no longer shows. */
export const isOver = (request: LiveResponseRequest): boolean =>
  isFinal(request.state) || (request.state === 'unknown' && request.doubt === 'vanished');

/** By trying every way: enough different people other than the requester, and each place taken by another one. */
export function isMet(bar: RequestBar, votes: readonly Vote[]): boolean {
  const people = [...new Set(votes.filter((v) => v.decision === 'approve').map((v) => keyOf(v.by)))]
    .filter((key) => key !== keyOf(ana))
    .map((key) => new Set(votes.filter((v) => keyOf(v.by) === key).flatMap((v) => v.groups)));
  const places = bar.seats.flatMap(({ group, count }) => Array.from({ length: count }, () => group));
  const fill = ([place, ...rest]: readonly string[], free: ReadonlyArray<ReadonlySet<string>>): boolean =>
    place === undefined || free.some((groups, i) => groups.has(place) && fill(rest, free.toSpliced(i, 1)));
  return people.length >= Math.max(bar.approvalsNeeded, 1) && fill(places, people);
}

/** `tried` is there only after a round that tried something. */
export const fieldsOf = (request: object): readonly string[] =>
  Object.keys(request)
    // What an end keeps only when somebody asked to cancel it, and a round only when an earlier one tried.
    .filter((key) => key !== 'tried' && !(key === 'cancel' && 'endedAt' in request))
    .sort();

export const sameFields = (a: LiveResponseRequest, b: LiveResponseRequest): boolean =>
  fieldsOf(a).join() === fieldsOf(b).join() && (a.state === 'awaitingApproval' || !('tried' in a));

export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const inner of Object.values(value)) deepFreeze(inner);
  return Object.freeze(value);
}
