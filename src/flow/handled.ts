import { createHash } from 'node:crypto';
import type { RawMessage } from '../chat/clean';
import { hours } from '../lib/clock';
import type { Tx } from '../store/store';
import type { Turn } from '../thread/kit/turn';

/**
 * How what arrives stands to what was handled before. `repeated`: Teams delivered it again, or an edit left the words as they were. Of an edit
 * besides: `ofDone` where something came of the message, `ofOld` where that is no longer known.
 */
export type Delivery = 'first' | 'repeated' | 'ofDone' | 'ofOld';

/** Below the three days that marks are kept for (oversight/prune-history.ts). Teams' ids of messages are milliseconds (teams.md E2). */
const editsReadForMs = hours(48);

/**
 * Marks what arrives as handled. Teams' ids are milliseconds within a conversation, so that two people may send the same one at once
 * (teams.md E2); what it delivers again comes from the same person in the same conversation. What has no id is never taken for a repetition.
 * An edit has the id of its message and is another one by its words; the message itself, should it come later, is a repetition then.
 */
export async function deliveryOf(tx: Tx, turn: Turn, message: RawMessage | null): Promise<Delivery> {
  const { activityId, at, isEdit } = turn;
  if (activityId === '') return 'first';
  const isFirst = await tx.claimActivity(keyOf('turn', turn), at);
  const isNew = message === null || (await tx.claimActivity(keyOf('words', turn, message), at));
  if (isEdit !== true) return isFirst ? 'first' : 'repeated';
  if (!isNew) return 'repeated';
  if (await tx.isActivityClaimed(keyOf('done', turn))) return 'ofDone'; // guard: an-edit-changes-nothing-that-was-done
  const ageMs = at - Number(activityId);
  // Of an id that is no time nobody knows how old it is.
  if (!(ageMs <= editsReadForMs)) return 'ofOld'; // guard: old-edits-are-not-read
  return 'first';
}

/** What the transaction that handles this turn marks. */
export const claimKeyOf = (turn: Turn, message: RawMessage | null): string =>
  turn.isEdit === true && message !== null ? keyOf('words', turn, message) : keyOf('turn', turn);

/** Marked beside a key that was taken by an interruption, so that what ends later is not told as done. */
export const interruptedMark = (key: string): string => `interrupted:${key}`;

/** Something came of this message, so that no edit of it is read as a new one. */
export async function markDone(tx: Tx, turn: Turn): Promise<void> {
  if (turn.activityId !== '') await tx.claimActivity(keyOf('done', turn), turn.at);
}

function keyOf(what: 'turn' | 'words' | 'done', { activityId, person, place }: Turn, message?: RawMessage): string {
  const sent = [
    activityId,
    person.id, // guard: an-id-is-one-persons
    place.conversationId, // guard: an-id-is-of-one-conversation
    ...(message === undefined ? [] : [message]),
  ];
  return `${what}:${createHash('sha256').update(JSON.stringify(sent)).digest('hex')}`;
}
