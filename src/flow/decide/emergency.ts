import { err, ok, type Result } from '../../lib/result';
import { personKeyOf } from '../../policy/people';
import { breakGlassBar, isMember, roleOf } from '../../policy/policy';
import { digestOf } from '../../request/ask/digest';
import { mayResume, type Pause, pauseFact } from '../../request/pause';
import { openStates, type RequestId } from '../../request/request';
import { giveOpinion, type Review } from '../../request/review';
import { applyEvent } from '../../store/commit/apply';
import { findGlassDebt } from '../../store/rows/glass-debt';
import { postRow } from '../../store/work/ordering-key';
import { fitsOneCard } from '../../thread/cards/request-card';
import { opinionPost } from '../../thread/posts/review-cards';
import type { Refusal } from '../../thread/sentences/refusals';
import { type Decided, findLostAsker, notKnown, refuse, reread, type Scene } from './decide';
import { toRefusal } from './refusal-of';

/**
 * Lowers the bar of one waiting request to one approval by somebody whom the rule names for that, as long as no earlier use of it is
 * still to be reviewed (T-24). Never to none: breaking the glass is no approval, though whoever broke it may be the one who then approves.
 */
export async function breakGlass(
  scene: Scene,
  wish: { readonly id: RequestId; readonly reason: string; readonly incident: string },
): Promise<Decided> {
  const { tx, options, turn, groups } = scene;
  const policy = options.policy();
  const stored = await tx.request(wish.id);
  if (stored === null || stored.request.tenantId !== turn.tenantId)
    return refuse(scene, null, await notKnown(scene, wish.id));
  const { request } = stored;
  const lost = await findLostAsker(scene, stored);
  if (lost !== null) return lost;
  const mayBreak =
    turn.person.id === request.requester.id ||
    (request.approverIds.includes(turn.person.id) && roleOf(policy, groups, turn.person.id).mayApprove);
  if (!mayBreak) return refuse(scene, wish.id, { type: 'breakGlassNotYours' }); // guard: break-glass-by-those-concerned
  const lowered = breakGlassBar(policy, request.bar);
  if (request.state !== 'awaitingApproval' || lowered === null || policy.version !== request.policyVersion)
    return refuse(scene, wish.id, { type: 'noBreakGlass' });
  const debt = await findGlassDebt(tx, request);
  if (debt.length > 0) return refuse(scene, wish.id, { type: 'reviewOpen', rule: request.bar.rule, ids: debt }); // guard: open-review-bars-the-next
  const { bar, approverIds } = lowered;
  const digest = digestOf({ ...request, bar, round: request.round + 1 });
  const emergency = { by: turn.person, reason: wish.reason, incident: wish.incident, at: turn.at };
  const drawn = { ...request, bar, approverIds, digest, emergency, votes: [] };
  if (!fitsOneCard({ ...(await options.views.of(tx, stored)), request: drawn }))
    return refuse(scene, wish.id, { type: 'doesNotFit' });
  const { reason, incident } = wish;
  const event = { type: 'brokeGlass', by: turn.person, reason, incident, bar, approverIds, digest } as const;
  const outcome = await applyEvent(tx, stored, event, { personId: turn.person.id }, turn.at);
  return outcome.ok ? reread(tx, wish.id) : refuse(scene, wish.id, toRefusal(outcome.error, request));
}

/** One opinion on a break-glass that has run; by somebody who had no part in it, and who approves or owns it otherwise. */
export async function review(
  scene: Scene,
  opinion: { readonly id: RequestId; readonly verdict: 'accept' | 'object'; readonly reason: string | null },
): Promise<Result<Review, Refusal>> {
  const { tx, options, turn, groups } = scene;
  const found = await tx.review(opinion.id);
  if (found === null || found.tenantId !== turn.tenantId)
    return refuse(scene, null, { type: 'unknownReview', id: opinion.id });
  const policy = options.policy();
  const { mayApprove } = roleOf(policy, groups, turn.person.id);
  if (!mayApprove && !isOwner(scene, found.rule)) return refuse(scene, opinion.id, { type: 'reviewNotYours' }); // guard: review-by-approvers-and-owners
  const personKey = personKeyOf(policy, turn.person.id);
  const { verdict } = opinion;
  // An acceptance speaks for itself; an objection must say what was wrong.
  const because = opinion.reason ?? (verdict === 'accept' ? 'accepted' : '');
  const given = giveOpinion(found, { by: turn.person, personKey, verdict, because, at: turn.at });
  if (!given.ok) return refuse(scene, opinion.id, given.error);
  await tx.saveReview(given.value, found.opinions.length);
  await tx.appendAudit({
    at: turn.at,
    requestId: opinion.id,
    actor: turn.person.id,
    what: 'reviewed',
    detail: { verdict, because, closed: given.value.closedAt !== null },
  });
  const stored = await tx.request(opinion.id);
  if (stored !== null) {
    const post = opinionPost(given.value, { trial: options.trial });
    await tx.addWork([postRow(stored.request.conversationId, post, { requestId: opinion.id, at: turn.at })]);
  }
  return given;
}

/** A pause, and how many requests were on their way to Defender when it began. */
export type Paused = Pause & { readonly onTheirWay: number };

/** Stops every submission: looked at when a request is admitted, and again right before the first byte is sent (T-31). */
export async function pause(scene: Scene, reason: string): Promise<Result<Paused, Refusal>> {
  const { tx, options, turn } = scene;
  if (!hasRole(scene)) return refuse(scene, null, { type: 'mayNotPause' });
  // Locked, so that of two at once the second sees the first.
  const now = await tx.lockFact<Pause>(pauseFact);
  if (now !== null) return err({ type: 'alreadyPaused', by: now.by, at: now.at }); // guard: one-pause-at-a-time
  const paused: Pause = {
    by: turn.person,
    personKey: personKeyOf(options.policy(), turn.person.id),
    reason,
    at: turn.at,
  };
  await tx.saveFact(pauseFact, paused);
  const onTheirWay = (await tx.requestsIn(['submitting'])).length;
  await showEverywhere(scene, 'paused', { reason, onTheirWay });
  return ok({ ...paused, onTheirWay });
}

/** Lets submissions go on; never by the person who stopped them, nor for what they asked for themselves. */
export async function resume(scene: Scene): Promise<Result<Pause, Refusal>> {
  const { tx, options, turn, groups } = scene;
  if (!hasRole(scene)) return refuse(scene, null, { type: 'mayNotPause' });
  const personKey = personKeyOf(options.policy(), turn.person.id);
  const { mayApprove } = roleOf(options.policy(), groups, turn.person.id);
  const open = await tx.requestsIn(['awaitingApproval', 'queued', 'submitting', 'unknown', 'batchRunning']);
  const isTheirs = (id: string): boolean => personKeyOf(options.policy(), id) === personKey;
  const waiting = open.filter(({ request }) => isTheirs(request.requester.id)).map(({ request }) => request.id);
  const lifted = mayResume(await tx.lockFact<Pause>(pauseFact), { personKey, mayApprove, waiting });
  if (!lifted.ok) return refuse(scene, null, lifted.error);
  await tx.saveFact(pauseFact, null);
  await showEverywhere(scene, 'resumed', { pausedBy: lifted.value.by.id });
  return lifted;
}

/** The cards of all that is open say it, and the audit keeps who did it. */
async function showEverywhere(
  { tx, turn }: Scene,
  what: string,
  detail: Readonly<Record<string, unknown>>,
): Promise<void> {
  for (const { request } of await tx.requestsIn(openStates)) await tx.refreshCards(request.id, turn.at);
  await tx.appendAudit({ at: turn.at, requestId: null, actor: turn.person.id, what, detail });
}

function hasRole({ options, turn, groups }: Scene): boolean {
  const { mayAsk, mayApprove } = roleOf(options.policy(), groups, turn.person.id);
  return mayAsk || mayApprove;
}

function isOwner({ options, turn, groups }: Scene, ruleName: string): boolean {
  const rule = options.policy().rules.find(({ name }) => name === ruleName);
  const owners = rule?.outcome.type === 'approve' ? rule.outcome.bar.breakGlass?.owners : undefined;
  return owners !== undefined && isMember(groups, owners, turn.person.id);
}
