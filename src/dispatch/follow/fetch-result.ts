import { type KeptResult, resultNotAvailable } from '../../evidence/keep-result';
import { minutes } from '../../lib/clock';
import { shortDigest } from '../../request/ask/digest';
import type { LiveResponseRequest } from '../../request/request';
import { resultMayWait } from '../../request/round-up';
import { ensureEnd, isRoomBusy, showTarget } from '../../store/commit/apply';
import { updateBoard } from '../../store/commit/board';
import type { Stored } from '../../store/rows/requests';
import type { Tx } from '../../store/store';
import type { ClaimedWork } from '../../store/work/claims';
import type { DispatchOptions } from '../options';
import { endWork, retryLater } from './end-work';

/** After so many tries and so long after the end people are told that there is no result to be had. */
const resultTries = 18;
const resultWaitMs = minutes(25);

/** Keeps what one command gave back and tells of it; what Defender has not ready is asked for again, until nobody believes in it any more. */
export async function fetchResult(
  options: DispatchOptions,
  row: ClaimedWork,
  request: LiveResponseRequest,
  work: { readonly actionId: string; readonly index: number },
): Promise<void> {
  const command = request.commands[work.index];
  if (command === undefined) return endWork(options, row);
  const outcome = await options.defender.forPurpose('result').openResult(work.actionId, work.index);
  if (outcome.type === 'opened')
    return tell(options, row, request, await options.keepResult(request.id, work.index, command, outcome.body));
  if (!isGivenUp(options, row, request)) return retryLater(options, row, outcome.type);
  return tell(options, row, request, resultNotAvailable(work.index, command.type, noResultSentences[outcome.type]));
}

/** The result could not be had this time, for `why` if it never comes: a later try, or, after the last one, what people are told in its place. */
export async function fetchFailed(
  options: DispatchOptions,
  row: ClaimedWork,
  request: LiveResponseRequest,
  why: { readonly index: number; readonly code: string; readonly sentence: string; readonly retryAfterMs: number },
): Promise<void> {
  const command = request.commands[why.index];
  if (command === undefined || !isGivenUp(options, row, request))
    return retryLater(options, row, why.code, why.retryAfterMs);
  return tell(options, row, request, resultNotAvailable(why.index, command.type, why.sentence));
}

/** What is told when the evidence folder could not be written; `code` is Node's own. */
export const diskSentence = (code: string): string =>
  `The result could not be written to the evidence folder (${code}). Whoever runs this bot must look at the disk; Defender keeps the result for a while.`;

/** Result, end post or news for the round-up, cards and audit entry in one transaction: a result that is kept is told, and told once. */
async function tell(
  options: DispatchOptions,
  row: ClaimedWork,
  request: LiveResponseRequest,
  result: KeptResult,
): Promise<void> {
  const { store, clock } = options;
  await store.transact(async (tx) => {
    const now = clock.now();
    await tx.saveResult(request.id, result);
    const stored = await tx.request(request.id);
    if (stored) {
      await post(tx, stored, { result, at: now });
      await showTarget(tx, stored.request, now);
      await tx.refreshCards(request.id, now);
      await updateBoard(tx, stored.request, now);
    }
    await tx.appendAudit({
      at: now,
      requestId: request.id,
      actor: 'defender',
      what: 'result',
      detail: {
        digest: shortDigest(request.digest),
        index: result.index,
        outcome: result.outcome,
        rawSha256: result.rawSha256,
        rawSize: result.rawSize,
        fileSha256: result.file?.sha256 ?? null,
        exitCode: result.exitCode,
      },
    });
    await tx.finishWork(row, now);
  });
}

async function post(
  tx: Tx,
  stored: Stored,
  { result, at }: { readonly result: KeptResult; readonly at: number },
): Promise<void> {
  // The board of its batch tells it.
  if (stored.request.target !== undefined) return;
  const { id: requestId, conversationId } = stored.request;
  if (resultMayWait(result, stored.request) && (await isRoomBusy(tx, stored.request))) {
    const news = { type: 'resultKept', index: result.index } as const;
    return tx.addToRoundUp(conversationId, { news, requestId, at });
  }
  if (isWorthAPost(result, stored.request)) await ensureEnd(tx, stored.request, at);
}

/** Tries alone would not do: those that found no room in the quota never reached Defender. */
function isGivenUp({ clock }: DispatchOptions, row: ClaimedWork, request: LiveResponseRequest): boolean {
  const endedAt = 'endedAt' in request ? request.endedAt : 0;
  return row.claims >= resultTries && clock.now() - endedAt >= resultWaitMs;
}

/** A command that nobody saw start had perhaps nothing to give: that it gave nothing stands on the card, and nobody is called for it. */
function isWorthAPost({ outcome, index }: KeptResult, request: LiveResponseRequest): boolean {
  if (outcome !== 'notAvailable' || request.state === 'succeeded') return true;
  const progress = 'progress' in request ? request.progress.find((p) => p.index === index) : undefined;
  return progress !== undefined && progress.status !== 'Created';
}

/** What people read in place of a result that never came. */
const noResultSentences = {
  notReady: 'Defender ended the command and has not made its result ready. Look at the action in the Defender portal.',
  unknownResult: 'Defender has no result for this command. Look at the action in the Defender portal.',
} as const;
