import type { Admission, AdmissionInput } from '../../src/dispatch/admission';
import { nothingLearned } from '../../src/dispatch/limits';
import { mayGo } from '../../src/dispatch/room';

/** Nobody is given a turn while somebody with less under way could have had it. Who breaks that, in words. */
export function unfairness(input: AdmissionInput, { admit }: Admission): string | null {
  if (admit.length === 0 || admit.length === input.waiting.length) return null;
  const going = new Set(admit);
  const load = new Map<string, number>();
  for (const { requesterId } of [...input.underWay, ...input.waiting.filter((r) => going.has(r.id))])
    load.set(requesterId, (load.get(requesterId) ?? 0) + 1);
  const taken = new Set(input.waiting.filter((r) => going.has(r.id)).map((r) => r.machineId));
  const called = new Set(input.waiting.filter((r) => r.hold === 'deviceBusy').map((r) => r.machineId));
  const unlimited = {
    ...input,
    submissions: [],
    learned: nothingLearned,
    limits: { runsPerMinute: 1e9, sessions: 1e9 },
  };
  const couldGo = input.waiting.filter(
    (r) => !going.has(r.id) && !taken.has(r.machineId) && !called.has(r.machineId) && mayGo(r, unlimited),
  );
  for (const poor of couldGo)
    for (const { requesterId } of input.waiting.filter((r) => going.has(r.id)))
      if (requesterId !== poor.requesterId && (load.get(requesterId) ?? 0) > (load.get(poor.requesterId) ?? 0) + 1)
        return `${poor.requesterId} with ${load.get(poor.requesterId) ?? 0} under way waits for ${requesterId} with ${load.get(requesterId)}`;
  return null;
}
