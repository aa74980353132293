import { type Groups, type Policy, roleOf } from '../../policy/policy';
import type { Tx } from '../../store/store';
import { postRow } from '../../store/work/ordering-key';
import type { Post } from '../../thread/kit/post';

/** Everybody who may approve anything, by what the policy and its groups say now. */
export const findApprovers = (policy: Policy, groups: Groups): readonly string[] =>
  [...new Set([...groups.values()].flatMap((ids) => [...(ids ?? [])]))].filter(
    (id) => roleOf(policy, groups, id).mayApprove,
  );

/** Into each person's own chat with the bot, as far as it is known. */
export async function postToPeople(tx: Tx, people: readonly string[], post: Post, now: number): Promise<void> {
  for (const personId of people) {
    const place = await tx.personalPlace(personId);
    if (place !== null) await postTo(tx, place.conversationId, post, now);
  }
}

export const postTo = (tx: Tx, conversationId: string, post: Post, now: number): Promise<void> =>
  tx.addWork([postRow(conversationId, post, { at: now })]);
