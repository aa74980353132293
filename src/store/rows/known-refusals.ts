import type { Event } from '../../request/event';
import { type KnownRefusal, knownRefusalOf, refusalSubjects } from '../../request/known-refusal';
import type { Device, LiveResponseRequest } from '../../request/request';
import type { Reader, Tx } from '../store';

const nameOf = (subject: string): string => `knownRefusal:${subject}`;

/** Keeps what a refusal teaches about the device or its group, and forgets it when Defender accepts live response there again. */
export async function keepKnownRefusal(tx: Tx, request: LiveResponseRequest, event: Event, now: number): Promise<void> {
  if (event.type === 'rejected') {
    const learned = knownRefusalOf(event.code, request, now);
    if (learned !== null) await tx.saveFact(nameOf(learned.subject), learned.refusal);
  }
  if (event.type !== 'accepted') return;
  for (const subject of refusalSubjects(request.device))
    if ((await tx.fact<KnownRefusal>(nameOf(subject))) !== null) await tx.saveFact(nameOf(subject), null);
}

/** What earlier refusals taught about this device and its group. */
export async function readKnownRefusals(reader: Reader, device: Device): Promise<readonly KnownRefusal[]> {
  const knownRefusals: KnownRefusal[] = [];
  for (const subject of refusalSubjects(device)) {
    const refusal = await reader.fact<KnownRefusal>(nameOf(subject));
    if (refusal !== null) knownRefusals.push(refusal);
  }
  return knownRefusals;
}
