import type { Draft } from '../../chat/draft';
import { factsOf } from '../../dispatch/reconsider';
import { err, ok, type Result } from '../../lib/result';
import { explain } from '../../policy/explain';
import { mayReadResults, type Policy, roleOf } from '../../policy/policy';
import { findDeviceFindings } from '../../request/ask/preflight';
import { parseRequestId } from '../../request/id';
import { type Device, finalStates, openStates, type RequestId } from '../../request/request';
import { readApprovedHashes } from '../../store/commit/apply';
import { readKnownRefusals } from '../../store/rows/known-refusals';
import type { Stored } from '../../store/rows/requests';
import type { Tx } from '../../store/store';
import { postRow } from '../../store/work/ordering-key';
import { type DeviceStanding, deviceCard, devicesCard } from '../../thread/cards/device-card';
import { explainCard } from '../../thread/cards/explain-card';
import { whoamiCard } from '../../thread/cards/whoami-card';
import { readerOf } from '../../thread/kit/reader';
import { sentencePost } from '../../thread/kit/sentence';
import type { Turn } from '../../thread/kit/turn';
import type { RequestView } from '../../thread/kit/view';
import { resultPage } from '../../thread/posts/result-page';
import { resultPost } from '../../thread/posts/result-post';
import { answers } from '../../thread/sentences/answers';
import type { Refusal } from '../../thread/sentences/refusals';
import { describeState } from '../../thread/sentences/state-words';
import { type Answer, type FlowOptions, posts } from '../answer';
import { findDraft } from '../ask/ask';
import { postReaderCard } from '../decide/card-copies';
import { orRefusal, showing } from '../refusal';
import { unknownRequest } from './near';

/** A read-only answer: it shows, and stores nothing. */
export type Shown = Result<Answer, Refusal>;

/** One request's card as it is now. */
export async function showStatus(options: FlowOptions, turn: Turn, id: RequestId): Promise<Shown> {
  const stored = await findVisible(options, turn, id);
  if (!stored.ok) return stored;
  const sendCard = (tx: Tx, conversationId: string) => postReaderCard(tx, { id, conversationId, at: turn.at });
  if (!isShownWhole(turn, stored.value)) return ok(await elsewhere(options, turn, stored.value, sendCard)); // guard: elsewhere-id-and-state-only
  return ok(readerCard(turn, id));
}

/** Where others read along, what was asked elsewhere is named by its id and state only (T-38). */
export const seenFrom =
  ({ place }: Turn) =>
  (view: RequestView): RequestView =>
    place.scope === 'personal' || view.request.conversationId === place.conversationId
      ? view
      : { ...view, isElsewhere: true };

/** In its own conversation, and in somebody's own chat; anywhere else others would read along (T-38). */
export const isShownWhole = ({ place }: Turn, { request }: Stored): boolean =>
  place.scope === 'personal' || place.conversationId === request.conversationId;

/** Here its id and state only; the rest goes to the reader's own chat, where they have one. */
async function elsewhere(
  options: FlowOptions,
  turn: Turn,
  stored: Stored,
  send: (tx: Tx, conversationId: string) => Promise<void>,
): Promise<Answer> {
  const { title } = describeState(await options.views.of(options.store, stored));
  const own = await options.store.personalPlace(turn.person.id);
  const chat = own?.tenantId === turn.tenantId ? own.conversationId : null;
  const text = answers.elsewhereShown(stored.request.id, title, chat !== null);
  return {
    posts: [sentencePost(text, { trial: options.trial, summary: `${stored.request.id}: asked elsewhere` })],
    write: async (tx) => {
      if (chat !== null) await send(tx, chat);
      return [];
    },
  };
}

/** With its secrets only in a person's own chat, for the requester and those who may approve now; anywhere else others could read along. */
async function viewFor(options: FlowOptions, turn: Turn, stored: Stored) {
  const { store, views } = options;
  const masked = { view: await views.of(store, stored), isUnmasked: false };
  if (turn.place.scope !== 'personal') return masked; // guard: secrets-only-in-own-chats
  const isTheirs = mayReadResults(options.policy(), await options.groups(), stored.request, turn.person.id);
  if (!isTheirs) return masked; // guard: secrets-for-those-concerned
  return { view: await views.unmasked(store, stored), isUnmasked: true };
}

const auditRead = (
  tx: Tx,
  turn: Turn,
  requestId: RequestId,
  { indexes, isUnmasked }: { readonly indexes: readonly number[]; readonly isUnmasked: boolean },
): Promise<void> =>
  tx.appendAudit({
    at: turn.at,
    requestId,
    actor: turn.person.id,
    what: 'resultRead',
    detail: { indexes, conversationId: turn.place.conversationId, ...(isUnmasked ? { unmasked: true } : {}) },
  });

/** Sent like every card of a request, so that it follows the request as long as it stands there. */
export const readerCard = ({ place: { conversationId }, at }: Turn, id: RequestId): Answer => ({
  posts: [],
  write: async (tx) => {
    await postReaderCard(tx, { id, conversationId, at });
    return [];
  },
});

/** The results again; `index` is one-based as people count. */
export async function showResult(
  options: FlowOptions,
  turn: Turn,
  id: RequestId,
  index: number | null,
): Promise<Shown> {
  const stored = await findVisible(options, turn, id);
  if (!stored.ok) return stored;
  const { view, isUnmasked } = await viewFor(options, turn, stored.value);
  const results = view.results.filter((r) => index === null || r.index === index - 1);
  if (results.length === 0) return err({ type: 'noResult', id, number: index });
  const indexes = results.map((result) => result.index);
  const shown = results.map((result) => resultPost(view, result));
  const sendResults = async (tx: Tx, conversationId: string) => {
    await auditRead(tx, turn, id, { indexes, isUnmasked });
    await tx.addWork(shown.map((post) => postRow(conversationId, post, { requestId: id, at: turn.at })));
  };
  if (!isShownWhole(turn, stored.value)) return ok(await elsewhere(options, turn, stored.value, sendResults)); // guard: results-stay-in-their-conversation
  return ok({
    posts: shown,
    write: async (tx) => {
      await auditRead(tx, turn, id, { indexes, isUnmasked }); // guard: result-reads-are-audited
      return [];
    },
  });
}

/** What a command wrote, page by page, in place of the card whose button was pressed and for the one who pressed it. */
export async function turnResultPage(
  options: FlowOptions,
  turn: Turn,
  { requestId, index, page }: { readonly requestId: string; readonly index: number; readonly page: number },
): Promise<Answer> {
  const id = parseRequestId(requestId);
  if (id === null) return orRefusal(options, turn, err({ type: 'unknownRequest', id: requestId, near: [] }));
  const stored = await findVisible(options, turn, id);
  if (!stored.ok) return orRefusal(options, turn, stored);
  const { view, isUnmasked } = await viewFor(options, turn, stored.value);
  const result = view.results.find((one) => one.index === index);
  if (result === undefined) return orRefusal(options, turn, err({ type: 'noResult', id, number: index + 1 }));
  if (!isShownWhole(turn, stored.value)) return orRefusal(options, turn, err({ type: 'shownElsewhere', id }));
  return {
    ...showing(resultPage(view, result, page)),
    write: async (tx) => {
      await auditRead(tx, turn, id, { indexes: [index], isUnmasked });
      return [];
    },
  };
}

export async function showDevice(options: FlowOptions, turn: Turn, query: string): Promise<Shown> {
  if (!(await hasRole(options, turn))) return err({ type: 'noRole' });
  const devices = await options.reads(turn.person, 'browse').findMachines(query);
  const cardOptions = { now: turn.at, trial: options.trial, reader: readerOf(turn) };
  const [device, ...others] = devices;
  if (device === undefined || others.length > 0) return ok(posts(devicesCard(devices, { query, ...cardOptions })));
  return ok(posts(deviceCard(await readStanding(options, turn, device), cardOptions)));
}

/** Enough to see what goes on, and how it went the last times. */
const mostShown = 3;

async function readStanding(options: FlowOptions, turn: Turn, device: Device): Promise<DeviceStanding> {
  const { store, views } = options;
  const filter = { tenantId: turn.tenantId, machineId: device.machineId };
  const open = await store.recentRequests({ ...filter, states: openStates }, mostShown);
  const ended = await store.recentRequests({ ...filter, states: finalStates }, mostShown);
  return {
    device,
    findings: findDeviceFindings(device, { knownRefusals: await readKnownRefusals(store, device), now: turn.at }),
    open: (await views.list(store, open)).map(seenFrom(turn)),
    ended: (await views.list(store, ended)).map(seenFrom(turn)),
  };
}

export async function showPerson(options: FlowOptions, turn: Turn): Promise<Answer> {
  const policy = options.policy();
  const { mayAsk, mayApprove } = roleOf(policy, await options.groups(), turn.person.id);
  return posts(
    whoamiCard(
      { person: turn.person, mayAsk, mayVote: mayApprove, policyVersion: policy.version },
      {
        trial: options.trial,
        now: turn.at,
        reader: readerOf({ ...turn, seenAlone: true }),
      },
    ),
  );
}

/** Which rule applies and why, of a request as it was asked, of a draft that is not asked for, or the names of the rules. */
export async function explainPolicy(
  options: FlowOptions,
  turn: Turn,
  about: { readonly id: RequestId | null; readonly draft: Draft | null },
): Promise<Shown> {
  if (!(await hasRole(options, turn))) return err({ type: 'noRole' });
  const policy = options.policy();
  const say = (lines: readonly string[]): Answer => posts(explainCard(lines, { now: turn.at, trial: options.trial }));
  if (about.id !== null) {
    const stored = await findVisible(options, turn, about.id);
    if (!stored.ok) return stored;
    if (!isShownWhole(turn, stored.value)) return err({ type: 'shownElsewhere', id: about.id });
    const approved = await readApprovedHashes(options.store, stored.value.request.library);
    return ok(say(explain(policy, await options.groups(), factsOf(stored.value.request, approved))));
  }
  if (about.draft === null) return ok(say(describePolicy(policy)));
  const found = await findDraft(options, turn, about.draft);
  if (!found.ok) return found;
  const { device, library } = found.value;
  const { commands, reason } = about.draft;
  const wish = { requester: turn.person, device, commands, library, reason };
  return ok(
    say(explain(policy, await options.groups(), factsOf(wish, await readApprovedHashes(options.store, library)))),
  );
}

const describePolicy = (policy: Policy): readonly string[] => [
  answers.policyRules(policy.version),
  ...policy.rules.map(({ name, outcome }, i) =>
    answers.policyRule(i + 1, name, outcome.type === 'deny' ? null : outcome.bar.approvals),
  ),
  answers.policyHint,
];

/** A request shows itself where it was asked, and to whoever has a part in the policy; anywhere else it does not exist (T-38). */
export async function findVisible(options: FlowOptions, turn: Turn, id: RequestId): Promise<Result<Stored, Refusal>> {
  const stored = await options.store.request(id);
  const trusted = await hasRole(options, turn);
  const visible = stored?.request.conversationId === turn.place.conversationId || trusted;
  if (stored !== null && stored.request.tenantId === turn.tenantId && visible) return ok(stored);
  return err(await unknownRequest(options.store, { id, turn, hasRole: trusted }));
}

export async function hasRole(options: FlowOptions, turn: Turn): Promise<boolean> {
  const role = roleOf(options.policy(), await options.groups(), turn.person.id);
  return role.mayAsk || role.mayApprove;
}
