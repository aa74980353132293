import { finalStates, isFinal, type State } from '../src/request/request';
import type { ActionFacts, AskFacts, Facts, RequestFacts } from './facts';

export const violationKinds = {
  submittedTwice: 'submitted more than once under one decision',
  sentTwice: 'sent again under one decision although it may have arrived',
  foreignAdopted: "somebody else's actions taken for ours",
  withoutApproval: 'reached Defender without approval',
  lost: 'requests lost',
  askUnanswered: 'asks taken and never answered',
  askedTwice: 'one ask became two requests',
  finalUpdateLost: 'final updates of cards lost',
  finalReplyLost: 'final replies lost',
  outOfOrder: 'updates out of order',
  toldUntrue: 'told what Defender or the store contradicts',
  approverNotAsked: 'approvers in reachable chats without a card',
  evidenceMissing: 'evidence missing',
  auditBroken: 'audit chain broken',
  replicaDied: 'replicas that ended by themselves',
  unsettled: 'not come to rest',
} as const;

export type ViolationKind = keyof typeof violationKinds;

export interface Violation {
  readonly kind: ViolationKind;
  /** The request, or whatever else it is about. */
  readonly about: string;
  readonly what: string;
}

/** Everything that must not be, each with what it is about. Pure: the same facts get the same verdict. */
export function judge(facts: Facts): readonly Violation[] {
  return [
    ...facts.requests.flatMap((request) => [
      ...judgeSubmission(facts, request),
      ...judgeApproval(facts, request),
      ...judgeAdoption(facts, request),
      ...judgeState(facts, request),
      ...judgeCards(facts, request),
      ...judgeWords(facts, request),
      ...judgeEvidence(facts, request),
    ]),
    ...facts.asks.flatMap((ask) => judgeAsk(facts, ask)),
    ...judgeOrphans(facts),
    ...(facts.auditFault === null ? [] : [violation('auditBroken', 'audit', facts.auditFault)]),
    ...facts.deaths.map((words) => violation('replicaDied', 'replica', words)),
    ...(facts.isSettled ? [] : [violation('unsettled', 'run', 'It still wrote to Teams or Defender at the end.')]),
  ];
}

const violation = (kind: ViolationKind, about: string, what: string): Violation => ({ kind, about, what });

const madeOf = ({ actions }: Facts, id: string): readonly ActionFacts[] =>
  actions.filter((action) => action.requestId === id).sort((a, b) => a.createdAt - b.createdAt);

/** One by the approval, and one more each time that so many people as the rule asks for had pressed *Send it once more* by then. */
export function allowedBy({ sentAgain }: Pick<Facts, 'sentAgain'>, request: RequestFacts, at: number): number {
  let rounds = 0;
  let pressed = new Set<string>();
  for (const { personId } of sentAgain.filter((p) => p.requestId === request.id && p.at <= at)) {
    if (personId === request.requesterId) continue;
    pressed.add(personId);
    if (pressed.size < request.approvalsNeeded) continue;
    rounds++;
    pressed = new Set();
  }
  return 1 + rounds;
}

function judgeSubmission(facts: Facts, request: RequestFacts): readonly Violation[] {
  const { id } = request;
  const made = madeOf(facts, id);
  const surplus = made.filter(({ createdAt }, index) => index + 1 > allowedBy(facts, request, createdAt));
  if (surplus.length > 0)
    return [
      violation('submittedTwice', id, `Defender made ${made.length} actions: ${made.map((a) => a.id).join(', ')}.`),
    ];
  const doubtful = facts.posts
    .filter((post) => post.requestId === id && post.mayHaveArrived)
    .sort((a, b) => a.at - b.at);
  const late = doubtful.filter(({ at }, index) => index + 1 > allowedBy(facts, request, at));
  return late.length === 0
    ? []
    : [
        violation(
          'sentTwice',
          id,
          `${doubtful.length} POSTs may have arrived, and Defender made ${made.length} actions.`,
        ),
      ];
}

/** Not knowing whose it is may be told as such. */
const undecidedStates: readonly string[] = ['unknown', 'unconfirmed'];

function judgeAdoption({ actions }: Facts, { id, actionId, state }: RequestFacts): readonly Violation[] {
  const followed = actions.find((action) => action.id === actionId);
  if (followed === undefined || undecidedStates.includes(state)) return [];
  if (followed.requestId === id && !followed.runsOther) return [];
  const what = followed.requestId === id ? 'runs other commands' : "is somebody else's";
  return [violation('foreignAdopted', id, `${followed.id} ${what}, and is told as ours: ${state}.`)];
}

/** By what people did, not by what the service wrote down: enough different approvers had clicked before the action was made. */
function judgeApproval({ actions, approvals }: Facts, request: RequestFacts): readonly Violation[] {
  const { id, state, requesterId, approverIds, approvalsNeeded } = request;
  const found: Violation[] = [];
  for (const action of actions.filter((a) => a.requestId === id)) {
    const voters = new Set(
      approvals
        .filter((a) => a.requestId === id && a.at <= action.createdAt)
        .map((a) => a.personId)
        .filter((person) => person !== requesterId && approverIds.includes(person)),
    );
    if (voters.size < approvalsNeeded)
      found.push(
        violation('withoutApproval', id, `${action.id} was made after ${voters.size} of ${approvalsNeeded} approvals.`),
      );
    else if (undecided.includes(state))
      found.push(violation('withoutApproval', id, `${action.id} was made, and the request is told as ${state}.`));
  }
  return found;
}

const undecided: readonly State[] = ['awaitingApproval', 'denied', 'expired', 'withdrawn', 'voided'];

/** An action that no stored request stands for. */
function judgeOrphans({ actions, requests }: Facts): readonly Violation[] {
  const known = new Set(requests.map(({ id }) => id));
  return actions.flatMap(({ id, requestId }) =>
    requestId === null || known.has(requestId)
      ? []
      : [violation('withoutApproval', requestId, `${id} belongs to no stored request.`)],
  );
}

function judgeState(facts: Facts, request: RequestFacts): readonly Violation[] {
  const { id, state, isToldUnknown } = request;
  if (undecidedStates.includes(state)) {
    const listed = madeOf(facts, id).find((action) => !action.hasVanished && !action.runsOther);
    if (listed !== undefined) return [violation('lost', id, `It stayed ${state}, and Defender lists ${listed.id}.`)];
    return state === 'unknown' && !isToldUnknown
      ? [violation('lost', id, 'Nobody was told that it stayed unknown.')]
      : [];
  }
  return isFinal(state) ? [] : [violation('lost', id, `It stayed ${state}.`)];
}

/** How Defender must have ended what we followed, for the card to be true. */
const endOf: Readonly<Partial<Record<State, string>>> = {
  succeeded: 'Succeeded',
  failed: 'Failed',
  timedOut: 'TimeOut',
  cancelled: 'Cancelled',
  lapsed: 'Cancelled',
};

function judgeWords(facts: Facts, request: RequestFacts): readonly Violation[] {
  const { id, state, actionId, claims, voterIds, toldUncounted } = request;
  const made = madeOf(facts, id).filter((action) => !action.runsOther);
  const followed = made.find((action) => action.id === actionId);
  const found: string[] = [];
  if (followed !== undefined && endOf[state] !== undefined && endOf[state] !== followed.status)
    found.push(`It is told as ${state}, and ${followed.id} is ${followed.status}.`);
  if (actionId === null && isFinal(state) && made.length > 0 && !undecidedStates.includes(state))
    found.push(`It is told as ${state} without an action, and Defender made ${made[0]?.id}.`);
  if (claims.some(({ at, says }) => says === 'nothingRan' && made.some((a) => a.hasRun && a.createdAt < at)))
    found.push('People read that nothing ran, and commands were begun on the device.');
  if (claims.some(({ at, says }) => says === 'neverArrived' && made.some((a) => a.createdAt < at)))
    found.push('People read that it never arrived, and Defender had made an action by then.');
  for (const person of toldUncounted)
    if (voterIds.includes(person)) found.push(`${person} read that nothing was counted, and the vote stands.`);
  return found.map((what) => violation('toldUntrue', id, what));
}

function judgeCards({ unreachableId }: Facts, request: RequestFacts): readonly Violation[] {
  const { id, state, cards, history, endsTold, isCalm, approverIds, requesterId } = request;
  const found: Violation[] = [];
  for (const { audience, personId, shown } of cards) {
    const where = audience === 'thread' ? 'the thread' : `the chat of ${personId}`;
    // Whoever was never asked before it ended need not hear of it.
    if (shown.length === 0 && audience === 'approver') continue;
    const last = shown.at(-1) ?? null;
    if (last !== state)
      found.push(violation('finalUpdateLost', id, `In ${where} it shows ${last ?? 'nothing'}, and is ${state}.`));
    const backwards = findBackwards(shown, history);
    if (backwards !== null) found.push(violation('outOfOrder', id, `In ${where} it showed ${backwards}.`));
  }
  const asked = new Set(cards.filter(({ shown }) => shown.length > 0).map(({ personId }) => personId));
  for (const person of isCalm ? approverIds : [])
    if (person !== requesterId && person !== unreachableId && !asked.has(person))
      found.push(violation('approverNotAsked', id, `The chat of ${person} has no card of it.`));
  if (cards.every(({ audience }) => audience !== 'thread'))
    found.push(violation('finalUpdateLost', id, 'The thread has no card of it.'));
  if (finalStates.some((final) => final === state) && endsTold === 0)
    found.push(violation('finalReplyLost', id, `No reply in the thread says that it is ${state}.`));
  return found;
}

/** What was shown must follow the history, leaving out at will; gives the first step that does not. */
export function findBackwards(shown: ReadonlyArray<State | null>, history: readonly State[]): string | null {
  let at = 0;
  let before: State | null = null;
  for (const state of shown) {
    if (state === null) return 'a card that could not be read';
    if (state === before) continue;
    const next = history.indexOf(state, at);
    if (next === -1) return `${state} after ${before ?? 'nothing'}, and went ${history.join(', ')}`;
    at = next;
    before = state;
  }
  return null;
}

function judgeEvidence({ actions }: Facts, request: RequestFacts): readonly Violation[] {
  const { id, actionId, results, state } = request;
  const found: Violation[] = [];
  // What nobody can see any more cannot be fetched either, and the thread says so.
  const action = actions.find((a) => a.id === actionId && a.requestId === id && a.isFinal && !a.hasVanished);
  for (const index of action === undefined || !isFinal(state) ? [] : action.completed) {
    const result = results.find((r) => r.index === index);
    if (result === undefined || !result.isTold)
      found.push(violation('evidenceMissing', id, `The result of command ${index + 1} was not told.`));
  }
  for (const { index, fileFault } of results)
    if (fileFault !== null) found.push(violation('evidenceMissing', id, `Command ${index + 1}: ${fileFault}`));
  return found;
}

function judgeAsk({ requests }: Facts, ask: AskFacts): readonly Violation[] {
  const { number, acknowledged, isAnswered, requestId, way, refusals, toldNothingDone } = ask;
  const about = `CHAOS-${number}`;
  const made = requests.filter((request) => request.askNumber === number);
  // Who writes the same again after a refusal asks again.
  const most = way === 'form' ? 1 : Math.max(acknowledged, 1);
  return [
    ...(acknowledged > 0 && !isAnswered ? [violation('askUnanswered', about, 'The thread has no answer.')] : []),
    ...(requestId !== null && made.every(({ id }) => id !== requestId)
      ? [violation('lost', requestId, `The thread shows it for ${about}, and it is not in the store.`)]
      : []),
    ...(acknowledged > 0 && requestId === null && refusals < acknowledged
      ? [violation('lost', about, 'It was taken, and neither stored nor refused.')]
      : []),
    ...(toldNothingDone === true && made.length > 0
      ? [violation('toldUntrue', about, 'People read that nothing was requested, and it was.')]
      : []),
    ...(made.length > most
      ? [violation('askedTwice', about, `It became ${made.map(({ id }) => id).join(' and ')}.`)]
      : []),
  ];
}
