import { isFinal, type LiveResponseRequest, type Vote } from '../../src/request/request';
import type { RequestBar } from '../../src/request/votes/bar';
import { ana, keyOf } from './sample';

export const isOver = (request: LiveResponseRequest): boolean => isFinal(request.state);

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

export const fieldsOf = (request: LiveResponseRequest): readonly string[] =>
  Object.keys(request)
    .filter((key) => !mayBeAbsent(key, request))
    .sort();

/** What an end keeps only when somebody asked to cancel it, a round only when an earlier one tried, and any only after a doubt. */
function mayBeAbsent(key: string, request: LiveResponseRequest): boolean {
  if (key === 'cancel') return 'endedAt' in request;
  if (key === 'attempts') return request.state === 'awaitingApproval';
  if (key === 'inDoubt') return request.state !== 'unknown' && request.state !== 'unconfirmed';
  return key === 'others' || key === 'heldTold' || key === 'questions';
}

export const sameFields = (a: LiveResponseRequest, b: LiveResponseRequest): boolean =>
  fieldsOf(a).join() === fieldsOf(b).join();

export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const inner of Object.values(value)) deepFreeze(inner);
  return Object.freeze(value);
}
