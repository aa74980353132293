import { personKeyOf } from '../../policy/people';
import { mayVote, seatGroupsOf } from '../../policy/policy';
import { isOffered, offerShown } from '../../request/doubt/resend';
import { type Pause, pauseFact } from '../../request/pause';
import type { Decision } from '../../request/request';
import { applyEvent } from '../../store/commit/apply';
import { isPolicySuperseded } from '../../store/rows/policy-in-force';
import { findMissingCard } from '../show/pruned';
import { type Decided, findLostAsker, findMisplaced, hashToken, refuse, reread, type Scene } from './decide';
import { toRefusal, voteRefusal } from './refusal-of';

/** A vote by a card on whether to send a request once more that Defender does not list: all checks of a first vote, over the same digest. */
export async function voteToResend(
  scene: Scene,
  vote: { readonly token: string; readonly decision: Decision; readonly reason: string | null },
): Promise<Decided> {
  const { tx, turn, options, groups } = scene;
  const token = await tx.voteToken(hashToken(vote.token));
  const stored = token === null ? null : await tx.request(token.requestId);
  const copy = token === null ? null : await tx.card(token.cardId);
  if (token === null || stored === null || copy === null) return refuse(scene, null, await findMissingCard(tx, turn));
  const { request } = stored;
  const misplaced = findMisplaced(turn, request, copy);
  if (misplaced !== null) return refuse(scene, request.id, misplaced);
  if (!isOffered(request)) return refuse(scene, request.id, { type: 'alreadyDecided', request });
  if (token.shown !== offerShown(request)) return refuse(scene, request.id, { type: 'cardOutdated' }); // guard: offer-decided-on-its-own-card
  const policy = options.policy();
  if (await isPolicySuperseded(tx, policy)) return refuse(scene, request.id, { type: 'policyOutrun' });
  if (vote.decision === 'approve' && (await tx.fact<Pause>(pauseFact)) !== null)
    return refuse(scene, request.id, { type: 'notWhilePaused' }); // guard: no-resend-while-paused
  const lost = await findLostAsker(scene, stored);
  if (lost !== null) return lost;
  const allowed = mayVote(policy, groups, request, turn.person, request.digest);
  const refusal = allowed.ok
    ? null
    : allowed.error.type === 'policyChanged'
      ? cannotResend
      : voteRefusal(allowed.error);
  if (refusal !== null) return refuse(scene, request.id, refusal); // guard: resend-needs-the-right-to-vote
  const event = {
    type: 'votedToResend',
    vote: {
      by: turn.person,
      personKey: personKeyOf(policy, turn.person.id),
      groups: seatGroupsOf(groups, request.bar.seats, turn.person.id),
      decision: vote.decision,
      digest: request.digest,
      reason: vote.reason,
      at: turn.at,
    },
  } as const;
  const outcome = await applyEvent(tx, stored, event, { personId: turn.person.id }, turn.at);
  if (!outcome.ok) return refuse(scene, request.id, toRefusal(outcome.error, request));
  return reread(tx, request.id);
}

const cannotResend = { type: 'cannotResend' } as const;
