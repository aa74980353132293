import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AuditRow } from '../src/audit/chain';
import { verifyAudit } from '../src/audit/verify';
import type { KeptResult } from '../src/evidence/keep-result';
import { minutes, seconds } from '../src/lib/clock';
import { silentLog } from '../src/lib/log';
import { commandToParams } from '../src/request/ask/command';
import { finalStates, type LiveResponseRequest, openStates, type State } from '../src/request/request';
import { openStore } from '../src/store/open';
import type { Card } from '../src/store/rows/cards';
import type { Store } from '../src/store/store';
import type { ActionView } from '../trial/defender/emulator';
import type { ConnectorCall } from '../trial/teams/connector-port';
import { readActivity } from '../trial/teams/connector-reading';
import { approvers, decideByMs, devices, evidenceOf, startByMs } from './cast';
import type {
  ActionFacts,
  AskFacts,
  CardFacts,
  ClaimFacts,
  Facts,
  PostFacts,
  RequestFacts,
  ResultFacts,
} from './facts';
import type { GatePost } from './gate';
import { type Asked, askNumberOf, type Decision, saysNothingDone } from './people';
import { readCardPhase, tellsEnd, tellsResult } from './phases';
import type { Plan } from './plan';
import { isCalm } from './plan-asks';
import type { Stage } from './stage';
import type { Shown, TeamsSide } from './teams';

/** Longer than anything backs off (five minutes). */
const quietMs = minutes(5) + seconds(30);
/** Longer than any request may take when nothing is in its way. */
const longestRestMs = minutes(120);

/** An end, or a doubt that looking may go on with for days. */
const isAtRest = (state: string): boolean =>
  [...finalStates, 'unknown', 'unconfirmed'].some((resting) => resting === state);

/** Waits until every card in a thread shows an end and nothing is written to Teams or sent to Defender any more; false when that does not come. */
export async function settle(
  { clock, connector, emulator, lastingTeamsFaults }: Stage,
  teams: TeamsSide,
  asked: readonly Asked[],
): Promise<boolean> {
  // What a blocked chat is sent may be sent for ever.
  const isBlocked = (call: ConnectorCall): boolean => lastingTeamsFaults.some((find) => find(call) !== null);
  const began = clock.now();
  /** A request of which no card shows an end; one that was left behind beside another never will. */
  const isOpen = ({ conversationId }: Asked): boolean => {
    const phases = teams.shown(conversationId).flatMap(({ text }) => readCardPhase(text) ?? []);
    const ended = phases.filter(({ state }) => isAtRest(state)).map(({ requestId }) => requestId);
    return phases.some(({ requestId }) => !ended.includes(requestId));
  };
  for (;;) {
    await clock.sleep(seconds(20));
    const now = clock.now();
    const lastWrite = connector.calls.findLast((call) => call.method !== 'GET' && !isBlocked(call))?.at ?? began;
    const lastPost = emulator.journal.findLast((entry) => entry.method === 'POST')?.at ?? began;
    const runs = emulator.actions.some((a) => a.visible && (a.status === 'Pending' || a.status === 'InProgress'));
    const isQuiet = now - Math.max(lastWrite, lastPost, began) > quietMs;
    if (isQuiet && !runs && (!asked.some(isOpen) || now - began > decideByMs + startByMs)) return true;
    if (now - began > longestRestMs) return false;
  }
}

/** Reads everything once all replicas have ended. */
export async function gather(
  stage: Stage,
  teams: TeamsSide,
  story: { readonly plan: Plan; readonly asked: readonly Asked[]; readonly isSettled: boolean },
): Promise<Facts> {
  const store = await openStore({ url: stage.databaseUrl, log: silentLog, clock: stage.clock });
  try {
    const rows = await store.auditRows();
    const stored = await store.requestsIn([...openStates, ...finalStates]);
    const { plan, asked } = story;
    const sources: Sources = { stage, teams, store, rows, asked, writtenAt: writtenAtOf(stage) };
    const requests: RequestFacts[] = [];
    for (const { request } of stored) requests.push(await factsOf(sources, request));
    const blocked = plan.blockedChat === null ? undefined : approvers[plan.blockedChat];
    return {
      asks: asked.map((one) => toAskFacts(teams, plan, one)),
      requests,
      actions: stage.emulator.actions.flatMap((action) =>
        toActionFacts(
          action,
          stored.map(({ request }) => request),
        ),
      ),
      posts: stage.gates.flatMap(({ posts }) => posts.flatMap(toPostFacts)),
      approvals: asked.flatMap(({ requestId, approvals }) => about(requestId, approvals)),
      sentAgain: asked.flatMap(({ requestId, sentAgain }) => about(requestId, sentAgain)),
      unreachableId: blocked?.aadObjectId ?? null,
      auditFault: await findAuditFault(store, rows),
      deaths: stage.replicas.flatMap(({ deaths }) =>
        deaths.map(({ slot, code, signal, words }) => `Replica ${slot + 1} ended (${code ?? signal}): ${words.trim()}`),
      ),
      isSettled: story.isSettled,
    };
  } finally {
    await store.close();
  }
}

const about = (requestId: string | null, decisions: readonly Decision[]) =>
  requestId === null ? [] : decisions.map((decision) => ({ requestId, ...decision }));

function toAskFacts(teams: TeamsSide, plan: Plan, asked: Asked): AskFacts {
  const { number, acknowledged, conversationId } = asked;
  const ask = [...plan.asks, ...plan.calmAsks].find((planned) => planned.number === number);
  const shown = teams.shown(conversationId);
  // A card that came after the person had stopped waiting tells what became of it all the same.
  const requestId = asked.requestId ?? shown.flatMap(({ text }) => readCardPhase(text)?.requestId ?? [])[0] ?? null;
  const saidNo = shown.filter(({ text }) => saysNothingDone(text));
  // Whoever had lost patience did not see a refusal that came later.
  const refusals = requestId === null ? Math.max(asked.refusals, saidNo.length) : asked.refusals;
  return {
    number,
    acknowledged,
    isAnswered: shown.length > 0,
    requestId,
    way: ask?.way ?? 'text',
    refusals,
    // Said once, heard once: else one part of what was said may have come to nothing.
    toldNothingDone:
      acknowledged === 1 && ask?.way === 'text' && asked.isDeliveredOnce && ask.course.cancel?.way !== 'text'
        ? saidNo.length > 0
        : null,
  };
}

/** Somebody gave up waiting, or something in between answered: such a 4xx rules nothing out. */
const doubtfulStatuses: readonly number[] = [408, 421, 425, 499];

function toPostFacts({ at, sent, status }: GatePost): readonly PostFacts[] {
  const requestId = /"Comment":"\[(LR-[0-9A-Z]{4,12})/.exec(sent)?.[1];
  if (requestId === undefined) return [];
  const isRuledOut = status !== null && status >= 400 && status < 500 && !doubtfulStatuses.includes(status);
  return [{ requestId, at, mayHaveArrived: !isRuledOut }];
}

/** When each version of a message came in. */
const writtenAtOf = ({ connector }: Stage): ReadonlyMap<unknown, number> =>
  new Map(connector.calls.map(({ body, at }) => [body, at]));

async function findAuditFault(store: Store, rows: readonly AuditRow[]): Promise<string | null> {
  const verified = verifyAudit({ rows, count: rows.length, recordedHead: await store.auditHead() }, []);
  return verified.ok ? null : JSON.stringify(verified.error);
}

interface Sources {
  readonly stage: Stage;
  readonly teams: TeamsSide;
  readonly store: Store;
  readonly rows: readonly AuditRow[];
  readonly asked: readonly Asked[];
  readonly writtenAt: ReadonlyMap<unknown, number>;
}

async function factsOf(sources: Sources, request: LiveResponseRequest): Promise<RequestFacts> {
  const { teams, store, rows, asked } = sources;
  const { id, state } = request;
  const copies = await store.cards(id);
  const thread = teams.shown(request.conversationId);
  const known = new Set(copies.map(({ activityId }) => activityId));
  const everywhere = [
    thread,
    ...copies.flatMap((c) => (c.conversationId === null ? [] : [teams.shown(c.conversationId)])),
  ];
  const twins = new Map(
    everywhere
      .flat()
      .filter(({ message }) => !known.has(message.id))
      .flatMap(({ message, text }) => {
        const phase = readCardPhase(text);
        return phase?.requestId === id && phase.state !== state ? [[message.id, phase.state] as const] : [];
      }),
  );
  return {
    id,
    askNumber: askNumberOf(request.reason),
    isCalm: isCalm(askNumberOf(request.reason) ?? 0),
    actionId: ('actionId' in request ? request.actionId : null) ?? null,
    state,
    isToldUnknown: request.state === 'unknown' && request.toldAt !== null,
    requesterId: request.requester.id,
    approverIds: request.approverIds,
    approvalsNeeded: request.bar.approvalsNeeded,
    voterIds: 'votes' in request ? request.votes.map(({ by }) => by.id) : [],
    toldUncounted: asked.filter(({ requestId }) => requestId === id).flatMap(({ toldUncounted }) => toldUncounted),
    claims: everywhere.flat().flatMap((shown) => toClaims(sources, id, shown)),
    history: historyOf(rows, id),
    cards: copies
      .filter(({ audience }) => audience !== 'replaced' && audience !== 'end')
      .map((copy) => toCardFacts(sources, copy)),
    endsTold: thread.filter(({ text }) => tellsEnd(text, id, state)).length,
    twins: [...twins.values()],
    results: await Promise.all(
      (await store.results(id)).map((result) =>
        toResultFacts(
          sources,
          request,
          result,
          thread.some(({ text }) => tellsResult(text, id, result.index)),
        ),
      ),
    ),
  };
}

const sayings = [
  ['nothingRan', /\bnothing (of it )?(has )?ran\b|\bnothing has run\b/i],
  ['neverArrived', /\bDefender had not accepted it\b/i],
] as const;

function toClaims({ writtenAt }: Sources, id: string, { message, text }: Shown): readonly ClaimFacts[] {
  const at = writtenAt.get(message.activity);
  if (at === undefined || !text.includes(id)) return [];
  return sayings.flatMap(([says, words]) => (words.test(text) ? [{ at, says }] : []));
}

function historyOf(rows: readonly AuditRow[], id: string): readonly State[] {
  const states: State[] = ['awaitingApproval'];
  for (const row of rows) {
    if (row.requestId !== id) continue;
    const { to } = row.detail as { readonly to?: State };
    if (to !== undefined && to !== states.at(-1)) states.push(to);
  }
  return states;
}

function toCardFacts({ stage }: Sources, { audience, personId, activityId }: Card): CardFacts {
  const message = activityId === null ? null : stage.connector.message(activityId);
  const shown = message === null ? [] : [...message.versions, message.activity];
  const kind = audience === 'approver' ? 'approver' : 'thread';
  return {
    audience: kind,
    personId,
    shown: shown.map((activity) => readCardPhase(readActivity(activity))?.state ?? null),
  };
}

async function toResultFacts(
  { stage }: Sources,
  request: LiveResponseRequest,
  result: KeptResult,
  isTold: boolean,
): Promise<ResultFacts> {
  return {
    index: result.index,
    isKept: result.outcome === 'kept',
    fileFault: await findFileFault(stage, request, result),
    isTold,
  };
}

/** What is kept is compared with its name, and a collected file with what really lies on the device. */
async function findFileFault(
  { evidenceDir }: Stage,
  request: LiveResponseRequest,
  { outcome, file, rawRelativePath, rawSha256 }: KeptResult,
): Promise<string | null> {
  if (outcome !== 'kept') return null;
  const path = file?.relativePath ?? rawRelativePath;
  const sha256 = file?.sha256 ?? rawSha256;
  if (path === null || sha256 === null) return 'It counts as kept, and no file is named.';
  const bytes = await readFile(join(evidenceDir, path)).catch(() => null);
  if (bytes === null) return `The file ${path} is not in the evidence folder.`;
  if (sha256Of(bytes) !== sha256) return `The file ${path} has another content than its name says.`;
  const device = devices.find(({ name }) => request.device.name.startsWith(`${name}.`));
  if (file !== null && device !== undefined && sha256Of(evidenceOf(device.name)) !== sha256)
    return `The file ${path} is not what lies on ${device.name}.`;
  return null;
}

const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

function toActionFacts(action: ActionView, requests: readonly LiveResponseRequest[]): readonly ActionFacts[] {
  const requestId = /^\[(LR-[0-9A-Z]{4,12})/.exec(action.comment ?? '')?.[1] ?? null;
  const request = requests.find(({ id }) => id === requestId);
  const asked = (request?.commands ?? []).map((command) => ({ type: command.type, params: commandToParams(command) }));
  const runs = action.commands.map(({ type, params }) => ({ type, params }));
  return [
    {
      id: action.id,
      requestId,
      runsOther: JSON.stringify(runs) !== JSON.stringify(asked),
      status: action.status,
      hasRun: action.commands.some(({ ran }) => ran !== 'no'),
      createdAt: action.createdAt,
      isFinal: action.status !== 'Pending' && action.status !== 'InProgress',
      hasVanished: !action.visible,
      completed: [...action.commands.entries()]
        .filter(([, { type, status, ran }]) => type !== 'PutFile' && status === 'Completed' && ran === 'finished')
        .map(([index]) => index),
    },
  ];
}
