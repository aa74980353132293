import { finalStates, isFinal, type State } from '../src/request/request';

/** What a run left behind, as far as it is judged: from the journals of both emulators, the store and the evidence folder. */
export interface Facts {
  readonly asks: readonly AskFacts[];
  readonly requests: readonly RequestFacts[];
  readonly actions: readonly ActionFacts[];
  readonly posts: readonly PostFacts[];
  readonly approvals: readonly ApprovalFacts[];
  /** What is wrong with the audit chain; null when it holds. */
  readonly auditFault: string | null;
  /** Replicas that ended by themselves, in their own words. */
  readonly deaths: readonly string[];
  /** False: something was still going on when patience ran out. */
  readonly isSettled: boolean;
}

export interface AskFacts {
  readonly number: number;
  /** Messages, or presses of the form's button, that were answered with 200. */
  readonly acknowledged: number;
  /** The thread holds an answer. */
  readonly isAnswered: boolean;
  /** The id that the thread gave. */
  readonly requestId: string | null;
  /** One form makes one request, however often its button is pressed. */
  readonly way: 'text' | 'form';
  readonly refusals: number;
}

export interface RequestFacts {
  readonly id: string;
  readonly askNumber: number | null;
  readonly marker: string;
  readonly state: State;
  /** People were told that it cannot be found out. */
  readonly isToldUnknown: boolean;
  readonly requesterId: string;
  readonly approverIds: readonly string[];
  readonly approvalsNeeded: number;
  /** The states that it went through, by its audit. */
  readonly history: readonly State[];
  readonly cards: readonly CardFacts[];
  /** Replies in the thread that tell its end. */
  readonly endsTold: number;
  /** Further messages that look like a card of it and are no longer kept up to date. */
  readonly twins: readonly State[];
  readonly results: readonly ResultFacts[];
}

export interface CardFacts {
  readonly audience: 'thread' | 'approver';
  readonly personId: string | null;
  /** What it showed, oldest first; null for what could not be read. Empty when it was never posted. */
  readonly shown: ReadonlyArray<State | null>;
}

export interface ResultFacts {
  readonly index: number;
  readonly isKept: boolean;
  /** Kept, and the file that its hash names is missing, or is another one. */
  readonly fileFault: string | null;
  readonly isTold: boolean;
}

/** An action that Defender really made of ours: hidden and vanished ones as well. */
export interface ActionFacts {
  readonly id: string;
  readonly marker: string;
  readonly createdAt: number;
  readonly isFinal: boolean;
  readonly hasVanished: boolean;
  /** Of commands that ran to their end and leave a result. */
  readonly completed: readonly number[];
}

/** A POST of a submission that came in at Defender. */
export interface PostFacts {
  readonly marker: string;
  readonly at: number;
}

/** A click on Approve, taken or not. */
export interface ApprovalFacts {
  readonly requestId: string;
  readonly personId: string;
  readonly at: number;
}

export const violationKinds = {
  submittedTwice: 'submitted more than once under one approval',
  sentAfterAccepted: 'sent again after Defender had accepted it',
  withoutApproval: 'reached Defender without approval',
  lost: 'requests lost',
  askUnanswered: 'asks taken and never answered',
  askedTwice: 'one ask became two requests',
  finalUpdateLost: 'final updates of cards lost',
  finalReplyLost: 'final replies lost',
  outOfOrder: 'updates out of order',
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
      ...judgeState(request),
      ...judgeCards(request),
      ...judgeEvidence(facts, request),
    ]),
    ...facts.asks.flatMap((ask) => judgeAsk(facts, ask)),
    ...judgeForeign(facts),
    ...(facts.auditFault === null ? [] : [violation('auditBroken', 'audit', facts.auditFault)]),
    ...facts.deaths.map((words) => violation('replicaDied', 'replica', words)),
    ...(facts.isSettled ? [] : [violation('unsettled', 'run', 'It still wrote to Teams or Defender at the end.')]),
  ];
}

const violation = (kind: ViolationKind, about: string, what: string): Violation => ({ kind, about, what });

function judgeSubmission({ actions, posts }: Facts, { id, marker }: RequestFacts): readonly Violation[] {
  const made = actions.filter((action) => action.marker === marker).sort((a, b) => a.createdAt - b.createdAt);
  const [first, ...others] = made;
  if (first === undefined) return [];
  const late = posts.filter((post) => post.marker === marker && post.at > first.createdAt);
  return [
    ...(others.length > 0
      ? [violation('submittedTwice', id, `Defender made ${made.length} actions: ${made.map((a) => a.id).join(', ')}.`)]
      : []),
    ...(late.length > 0 && others.length === 0
      ? [violation('sentAfterAccepted', id, `${late.length} POST came after Defender had made ${first.id}.`)]
      : []),
  ];
}

/** By what people did, not by what the service wrote down: enough different approvers had clicked before the action was made. */
function judgeApproval({ actions, approvals }: Facts, request: RequestFacts): readonly Violation[] {
  const { id, marker, state, requesterId, approverIds, approvalsNeeded } = request;
  const found: Violation[] = [];
  for (const action of actions.filter((a) => a.marker === marker)) {
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
function judgeForeign({ actions, requests }: Facts): readonly Violation[] {
  const known = new Set(requests.map((request) => request.marker));
  return actions
    .filter((action) => !known.has(action.marker))
    .map((action) => violation('withoutApproval', action.marker, `${action.id} belongs to no stored request.`));
}

function judgeState({ id, state, isToldUnknown }: RequestFacts): readonly Violation[] {
  if (isFinal(state) || (state === 'unknown' && isToldUnknown)) return [];
  return [violation('lost', id, `It stayed ${state}.`)];
}

function judgeCards({ id, state, cards, history, endsTold }: RequestFacts): readonly Violation[] {
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
  const { id, marker, results, state } = request;
  const found: Violation[] = [];
  // What nobody can see any more cannot be fetched either, and the thread says so.
  const [action] = actions.filter((a) => a.marker === marker && a.isFinal && !a.hasVanished);
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
  const { number, acknowledged, isAnswered, requestId, way, refusals } = ask;
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
    ...(made.length > most
      ? [violation('askedTwice', about, `It became ${made.map(({ id }) => id).join(' and ')}.`)]
      : []),
  ];
}
