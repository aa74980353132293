import { err, ok, type Result } from '../lib/result';
import { roleOf } from '../policy/policy';
import { isFinal, type RequestId } from '../request/request';
import type { Stored } from '../store/store';
import { deviceCard } from '../thread/device-card';
import { libraryCard } from '../thread/library-card';
import type { Refusal } from '../thread/refusals';
import { queueCard, statusCard, statusListCard } from '../thread/request-list-card';
import { resultPost } from '../thread/result-post';
import type { Turn } from '../thread/turn';
import { whoamiCard } from '../thread/whoami-card';
import { type Answer, type FlowOptions, posts } from './answer';

/** A read-only answer: it shows, and stores nothing. */
export type Shown = Result<Answer, Refusal>;

/** More than any card shows; the card counts what it leaves out. */
const listLength = 50;

/** One request's card, or the newest of this conversation. */
export async function showStatus(options: FlowOptions, turn: Turn, id: RequestId | null): Promise<Shown> {
  if (id !== null) {
    const stored = await findVisible(options, turn, id);
    if (!stored.ok) return stored;
    return ok(posts(statusCard(await options.views.of(options.store, stored.value))));
  }
  const { conversationId, scope } = turn.place;
  const filter = scope === 'personal' ? { requesterId: turn.person.id } : { conversationId };
  const recent = await options.store.recentRequests({ tenantId: turn.tenantId, ...filter }, listLength);
  const open = recent.filter(({ request }) => !isFinal(request.state));
  const views = await Promise.all(open.map((stored) => options.views.of(options.store, stored)));
  return ok(posts(statusListCard(views, { now: turn.at, trial: options.trial })));
}

export async function showQueue(options: FlowOptions, turn: Turn): Promise<Shown> {
  if (!hasRole(options, turn)) return err({ type: 'noRole' });
  const waiting = await options.views.queue(options.store);
  const underWay = await options.store.requestsIn(['submitting', 'unknown', 'pending', 'running']);
  const views = [...waiting, ...(await Promise.all(underWay.map((stored) => options.views.of(options.store, stored))))];
  const own = views.filter(({ request }) => request.tenantId === turn.tenantId);
  return ok(posts(queueCard(own, { now: turn.at, trial: options.trial })));
}

/** The results again; `index` is one-based as people count. */
export async function showResult(
  options: FlowOptions,
  turn: Turn,
  id: RequestId,
  index: number | null,
): Promise<Shown> {
  const stored = await findVisible(options, turn, id);
  if (!stored.ok) return stored;
  const view = await options.views.of(options.store, stored.value);
  const results = view.results.filter((r) => index === null || r.index === index - 1);
  if (results.length === 0) return err({ type: 'noResult', id, number: index });
  return ok(posts(...results.map((result) => resultPost(view, result))));
}

export async function showDevice(options: FlowOptions, turn: Turn, query: string): Promise<Shown> {
  if (!hasRole(options, turn)) return err({ type: 'noRole' });
  const devices = await options.defender.findMachines(query);
  return ok(posts(deviceCard(devices, { query, now: turn.at, trial: options.trial })));
}

export async function showLibrary(options: FlowOptions, turn: Turn, query: string | null): Promise<Shown> {
  if (!hasRole(options, turn)) return err({ type: 'noRole' });
  const wanted = query?.toLowerCase() ?? '';
  const files = (await options.defender.listLibrary()).filter((f) => f.fileName.toLowerCase().includes(wanted));
  return ok(posts(libraryCard(files, { query, now: turn.at, trial: options.trial })));
}

export function showPerson(options: FlowOptions, turn: Turn): Answer {
  const policy = options.policy();
  const { mayAsk, mayApprove } = roleOf(policy, turn.person.id);
  return posts(
    whoamiCard(
      { person: turn.person, mayAsk, mayVote: mayApprove, policyVersion: policy.version },
      { trial: options.trial },
    ),
  );
}

/** A request shows itself where it was asked, and to whoever has a part in the policy; anywhere else it does not exist (T-38). */
async function findVisible(options: FlowOptions, turn: Turn, id: RequestId): Promise<Result<Stored, Refusal>> {
  const stored = await options.store.request(id);
  const isHere = stored?.request.conversationId === turn.place.conversationId;
  const visible = stored !== null && stored.request.tenantId === turn.tenantId && (isHere || hasRole(options, turn));
  return visible ? ok(stored) : err({ type: 'unknownRequest', id });
}

function hasRole(options: FlowOptions, turn: Turn): boolean {
  const role = roleOf(options.policy(), turn.person.id);
  return role.mayAsk || role.mayApprove;
}
