import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AuditRow } from '../src/audit/chain';
import { verifyAudit } from '../src/audit/verify';
import { readActivity } from '../src/emulator/connector-reading';
import type { ActionView } from '../src/emulator/emulator';
import type { KeptResult } from '../src/evidence/keep-result';
import { minutes, seconds } from '../src/lib/clock';
import { silentLog } from '../src/lib/log';
import { finalStates, isFinal, type LiveResponseRequest, openStates, type State } from '../src/request/request';
import { openStore } from '../src/store/open';
import type { Copy, Store } from '../src/store/store';
import { decideByMs, devices, evidenceOf, startByMs } from './cast';
import type { ActionFacts, CardFacts, Facts, RequestFacts, ResultFacts } from './judge';
import { type Asked, askNumberOf } from './people';
import { readCardPhase, tellsEnd, tellsResult } from './phases';
import type { Ask } from './plan';
import type { Stage } from './stage';
import type { TeamsSide } from './teams';

/** Longer than anything backs off (five minutes). */
const quietMs = minutes(5) + seconds(30);
/** Longer than any request may take when nothing is in its way. */
const longestRestMs = minutes(120);

/** Waits until every card in a thread shows an end and nothing is written to Teams or sent to Defender any more; false when that does not come. */
export async function settle(
  { clock, connector, emulator }: Stage,
  teams: TeamsSide,
  asked: readonly Asked[],
): Promise<boolean> {
  const began = clock.now();
  /** A request of which no card shows an end; one that was left behind beside another never will. */
  const isOpen = ({ conversationId }: Asked): boolean => {
    const phases = teams.shown(conversationId).flatMap(({ text }) => readCardPhase(text) ?? []);
    const ended = phases.filter(({ state }) => isFinal(state) || state === 'unknown').map(({ requestId }) => requestId);
    return phases.some(({ requestId }) => !ended.includes(requestId));
  };
  for (;;) {
    await clock.sleep(seconds(20));
    const now = clock.now();
    const lastWrite = connector.calls.findLast((call) => call.method !== 'GET')?.at ?? began;
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
  story: { readonly asks: readonly Ask[]; readonly asked: readonly Asked[]; readonly isSettled: boolean },
): Promise<Facts> {
  const store = await openStore({ url: stage.databaseUrl, log: silentLog, clock: stage.clock });
  try {
    const rows = await store.auditRows();
    const stored = await store.requestsIn([...openStates, ...finalStates]);
    const requests: RequestFacts[] = [];
    for (const { request } of stored) requests.push(await factsOf({ stage, teams, store, rows }, request));
    return {
      asks: story.asked.map((asked) => ({
        number: asked.number,
        acknowledged: asked.acknowledged,
        isAnswered: teams.shown(asked.conversationId).length > 0,
        requestId: asked.requestId,
        way: story.asks.find(({ number }) => number === asked.number)?.way ?? 'text',
        refusals: asked.refusals,
      })),
      requests,
      actions: stage.emulator.actions.flatMap(toActionFacts),
      posts: stage.emulator.journal
        .filter(({ route }) => route === 'runLiveResponse')
        .flatMap(({ at, body }) => {
          const marker = /"Comment":"(\[LR-[^\]]+\])/.exec(body)?.[1];
          return marker === undefined ? [] : [{ marker, at }];
        }),
      approvals: story.asked.flatMap(({ requestId, approvals }) =>
        requestId === null ? [] : approvals.map((approval) => ({ requestId, ...approval })),
      ),
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

async function findAuditFault(store: Store, rows: readonly AuditRow[]): Promise<string | null> {
  const verified = verifyAudit({ rows, count: rows.length, recordedHead: await store.auditHead() }, []);
  return verified.ok ? null : JSON.stringify(verified.error);
}

interface Sources {
  readonly stage: Stage;
  readonly teams: TeamsSide;
  readonly store: Store;
  readonly rows: readonly AuditRow[];
}

async function factsOf(sources: Sources, request: LiveResponseRequest): Promise<RequestFacts> {
  const { teams, store, rows } = sources;
  const { id, state } = request;
  const copies = await store.copies(id);
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
    marker: `[${id}/`,
    state,
    isToldUnknown: request.state === 'unknown' && request.toldAt !== null,
    requesterId: request.requester.id,
    approverIds: request.approverIds,
    approvalsNeeded: request.bar.approvalsNeeded,
    history: historyOf(rows, id),
    cards: copies.filter(({ audience }) => audience !== 'replaced').map((copy) => toCardFacts(sources, copy)),
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

function historyOf(rows: readonly AuditRow[], id: string): readonly State[] {
  const states: State[] = ['awaitingApproval'];
  for (const row of rows) {
    if (row.requestId !== id) continue;
    const { to } = row.detail as { readonly to?: State };
    if (to !== undefined && to !== states.at(-1)) states.push(to);
  }
  return states;
}

function toCardFacts({ stage }: Sources, { audience, personId, activityId }: Copy): CardFacts {
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

function toActionFacts(action: ActionView): readonly ActionFacts[] {
  const marker = /^\[LR-[^\]]+\]/.exec(action.comment ?? '')?.[0];
  if (marker === undefined) return [];
  return [
    {
      id: action.id,
      marker,
      createdAt: action.createdAt,
      isFinal: action.status !== 'Pending' && action.status !== 'InProgress',
      hasVanished: !action.visible,
      completed: [...action.commands.entries()]
        .filter(([, { type, status, ran }]) => type !== 'PutFile' && status === 'Completed' && ran === 'finished')
        .map(([index]) => index),
    },
  ];
}
