import type { Part } from '../chat/help';
import { type Groups, isMember, type Policy, roleOf, seatsOf } from '../policy/policy';
import type { Tx } from '../store/store';
import { postRow } from '../store/work/ordering-key';
import { helpFor } from '../thread/cards/help-card';
import { type PolicyGroup, type Welcome, welcomeCard } from '../thread/cards/welcome-card';
import type { Turn } from '../thread/kit/turn';
import type { Answer, FlowOptions } from './answer';
import { postApprovalAnew } from './decide/card-copies';

/**
 * What follows when the bot is added. To a team: what it does there and who approves. To a person: what that person may do, and after it, in an
 * approver's own chat, every card that waits for them. A card that was sent before the chat was known may never have been seen, and one that is
 * seen twice counts only as the newest (T-10).
 */
export async function greet(turn: Turn, options: FlowOptions): Promise<Answer> {
  const { trial } = options;
  const isOwnChat = turn.place.scope === 'personal';
  const post = isOwnChat
    ? helpFor({ word: null, part: await partOf(options, turn), trial })
    : welcomeCard(welcomeOf(options.policy(), await options.groups()), { trial });
  return {
    posts: [],
    write: async (tx) => {
      await tx.addWork([postRow(turn.place.conversationId, post, turn)]);
      if (isOwnChat) await showOpenCards(tx, turn);
      return [];
    },
  };
}

/** What the policy lets this person do, for help that shows no more than that. */
export async function partOf(options: FlowOptions, { person }: Turn): Promise<Part> {
  const policy = options.policy();
  const groups = await options.groups();
  const owners = policy.rules.flatMap(({ outcome }) =>
    outcome.type === 'approve' && outcome.bar.breakGlass ? [outcome.bar.breakGlass.owners] : [],
  );
  return {
    ...roleOf(policy, groups, person.id),
    owns: owners.some((name) => isMember(groups, name, person.id)),
  };
}

function welcomeOf(policy: Policy, groups: Groups): Welcome {
  const approving = policy.rules.flatMap(({ outcome }) =>
    outcome.type === 'approve' ? seatsOf(outcome.bar).map(({ group }) => group) : [],
  );
  const read = (names: readonly string[]): readonly PolicyGroup[] =>
    [...new Set(names)].map((name) => {
      const members = groups.get(name) ?? null;
      return { name, ids: members === null ? null : [...members] };
    });
  return { requesters: read(policy.requesters), approvers: read(approving), names: policy.names };
}

async function showOpenCards(tx: Tx, { place, person, tenantId, at }: Turn): Promise<void> {
  for (const { request } of await tx.requestsIn(['awaitingApproval'])) {
    if (request.tenantId !== tenantId) continue;
    if (!(await tx.cards(request.id)).some((copy) => copy.personId === person.id)) continue;
    const { conversationId } = place;
    await postApprovalAnew(tx, { id: request.id, personId: person.id, conversationId, at });
  }
}
