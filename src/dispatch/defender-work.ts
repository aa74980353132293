import { DefenderError, defenderSentences } from '../defender/errors';
import { type KeptResult, resultNotAvailable } from '../evidence/keep-result';
import { minutes, seconds } from '../lib/clock';
import { diskCodeOf } from '../lib/disk-code';
import { shortDigest } from '../request/ask/digest';
import { othersOf } from '../request/doubt/others';
import type { Event } from '../request/event';
import type { LiveResponseRequest, RequestId } from '../request/request';
import { resultMayWait } from '../request/round-up';
import { applyEvent, ensureEnd, isRoomBusy } from '../store/commit/apply';
import type { ClaimedWork, Tx, WorkType } from '../store/store';
import { findLibraryChanges } from './changes';
import { lookFor } from './look-for';
import type { DispatchOptions, Task } from './options';

const leaseMs = minutes(5);
/** Results have places of their own: those of 50 runs that end together must not keep a cancel or a look-up waiting. */
const lanes = [
  { types: ['lookUp', 'cancelAction'], atOnce: 8 },
  { types: ['fetchResult', 'recheckLibrary'], atOnce: 8 },
] as const;
const allTypes = lanes.flatMap(({ types }): readonly WorkType[] => types);
/** Clients wait 3 to 5 s after the end before a result is there (defender-api.md §1.3). */
const firstRetryMs = seconds(3);
const longestRetryMs = minutes(2);
/** After so many tries and so long after the end people are told that there is no result to be had. */
const resultTries = 18;
const resultWaitMs = minutes(25);
/** Those that wait for the same room do not all come back at the same instant. */
const spreadMs = seconds(5);
/** A cancel of an action that Defender still hides answers 404 for up to two minutes (§1.2); after these tries it surely knows none. */
const cancelTries = 8;

/** Looks up doubtful submissions, cancels, and fetches results: reads and repeatable calls, retried from their rows with growing pauses. */
export function createDefenderWork(options: DispatchOptions): {
  start(): Promise<readonly Task[]>;
} {
  const { store, clock, random, log } = options;
  const following = options.defender.forPurpose('follow');
  const lookingUp = options.defender.forPurpose('lookUp');
  const fetching = options.defender.forPurpose('result');
  const running = lanes.map(() => 0);

  return {
    async start() {
      // A look first: a pass that finds none writes nothing.
      if (!(await store.isWorkDue(allTypes, clock.now()))) return [];
      const leaseToken = Buffer.from(random(12)).toString('hex');
      const claimed = await store.transact(async (tx) => {
        const rows: Array<readonly [lane: number, row: ClaimedWork]> = [];
        for (const [lane, { types, atOnce }] of lanes.entries()) {
          const limit = atOnce - count(lane);
          if (limit <= 0) continue;
          const found = await tx.claimWork({ types, now: clock.now(), leaseMs, limit, leaseToken });
          rows.push(...found.map((row) => [lane, row] as const));
        }
        return rows;
      });
      return claimed.map(([lane, row]) => {
        running[lane] = count(lane) + 1;
        const done = perform(row).finally(() => {
          running[lane] = count(lane) - 1;
        });
        return { what: row.work.type, done };
      });
    },
  };

  function count(lane: number): number {
    return running[lane] ?? 0;
  }

  async function perform(row: ClaimedWork): Promise<void> {
    const stored = row.requestId === null ? null : await store.request(row.requestId);
    if (stored === null) return end(row);
    try {
      if (row.work.type === 'lookUp') await lookUp(row, stored.request, row.work.search);
      else if (row.work.type === 'cancelAction') await cancel(row, stored.request, row.work.actionId);
      else if (row.work.type === 'recheckLibrary') await recheckLibrary(row, stored.request);
      else if (row.work.type === 'fetchResult') await fetchResult(row, stored.request, row.work);
    } catch (error) {
      const disk = diskCodeOf(error);
      if (disk !== null && row.work.type === 'fetchResult') {
        log.error(
          { requestId: stored.request.id, work: row.work.type, code: disk },
          'The evidence folder cannot be written; tried again later',
        );
        return afterDiskFailure(row, stored.request, row.work.index, disk);
      }
      if (!(error instanceof DefenderError)) throw error;
      log.warn(
        { requestId: stored.request.id, work: row.work.type, code: error.code, claims: row.claims },
        'Defender did not answer; tried again later',
      );
      await afterFailure(row, stored.request, error);
    }
  }

  /** A list that could not be read proves nothing, and is asked for again. */
  async function lookUp(row: ClaimedWork, request: LiveResponseRequest, search: number): Promise<void> {
    if (!('inDoubt' in request) || request.inDoubt?.search !== search) return end(row);
    await end(row, await lookFor(lookingUp, request));
  }

  async function cancel(row: ClaimedWork, request: LiveResponseRequest, actionId: string): Promise<void> {
    const isOther = othersOf(request).some((other) => other.actionId === actionId);
    if (!isOther && !mayBeCancelled(request, actionId)) return end(row);
    const why =
      'cancel' in request && request.cancel?.by ? `cancelled by ${request.cancel.by.id}` : 'not started in time';
    const outcome = await following.cancelAction(actionId, `[${request.id}] ${why}`);
    // What became of another action is read by the next look.
    if (isOther)
      return outcome.type === 'unknownAction' && row.claims < cancelTries ? later(row, outcome.type) : end(row);
    switch (outcome.type) {
      case 'accepted':
        return end(row, { type: 'observed', action: outcome.action });
      case 'refused':
        return end(row, { type: 'cancelRefused', code: outcome.code });
      case 'unknownAction':
        if (row.claims < cancelTries) return later(row, 'unknownAction');
        return end(row, { type: 'cancelRefused', code: 'NotFound' });
    }
  }

  /** Flags what changed while it ran; the hashes that were compared before the POST are the request's own (T-20). */
  async function recheckLibrary(row: ClaimedWork, request: LiveResponseRequest): Promise<void> {
    const changes = findLibraryChanges(
      request,
      await fetching.listLibrary(request.library.map(({ fileName }) => fileName)),
    );
    await store.transact(async (tx) => {
      const now = clock.now();
      if (changes.length > 0) {
        const work = { type: 'sendNews', news: { type: 'changedDuringRun', changes } } as const;
        await tx.addWork([{ requestId: request.id, work, lane: request.conversationId, dueAt: now }]); // guard: change-during-the-run-is-told
        await tx.appendAudit({
          at: now,
          requestId: request.id,
          actor: 'bot',
          what: 'changedDuringRun',
          detail: { changes },
        });
      }
      await tx.finishWork(row, now);
    });
  }

  async function fetchResult(
    row: ClaimedWork,
    request: LiveResponseRequest,
    work: { readonly actionId: string; readonly index: number },
  ): Promise<void> {
    const command = request.commands[work.index];
    if (command === undefined) return end(row);
    const outcome = await fetching.openResult(work.actionId, work.index);
    if (outcome.type !== 'opened') {
      if (!isGivenUp(row, request)) return later(row, outcome.type);
      return tell(row, request, resultNotAvailable(work.index, command.type, noResultSentences[outcome.type]));
    }
    await tell(row, request, await options.keepResult(request.id, work.index, command, outcome.body));
  }

  /** Result, end post or news for the round-up, cards and audit entry in one transaction: a result that is kept is told, and told once. */
  async function tell(row: ClaimedWork, request: LiveResponseRequest, result: KeptResult): Promise<void> {
    await store.transact(async (tx) => {
      const now = clock.now();
      await tx.saveResult(request.id, result);
      const stored = await tx.request(request.id);
      if (stored) {
        const { conversationId } = request;
        if (resultMayWait(result, stored.request) && (await isRoomBusy(tx, stored.request))) {
          const news = { type: 'resultKept', index: result.index } as const;
          await tx.gatherNews(conversationId, { news, requestId: request.id, at: now });
        } else if (isWorthAPost(result, stored.request)) await ensureEnd(tx, stored.request, now);
        await tx.refreshCopies(request.id, now);
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

  async function afterFailure(row: ClaimedWork, request: LiveResponseRequest, error: DefenderError): Promise<void> {
    if (row.work.type === 'lookUp') return end(row, { type: 'lookedUp', actions: [], complete: false, date: null });
    const command = row.work.type === 'fetchResult' ? request.commands[row.work.index] : undefined;
    // Our own quota says nothing about the result.
    if (error.code === 'defender.budgetSpent')
      return afterPause(row, error.code, (error.retryAfterMs ?? 0) + (spreadMs * (random(1)[0] ?? 0)) / 256);
    if (row.work.type === 'fetchResult' && command !== undefined && isGivenUp(row, request)) {
      return tell(row, request, resultNotAvailable(row.work.index, command.type, defenderSentences[error.code]));
    }
    return later(row, error.code, error.retryAfterMs ?? 0);
  }

  async function afterDiskFailure(
    row: ClaimedWork,
    request: LiveResponseRequest,
    index: number,
    code: string,
  ): Promise<void> {
    const command = request.commands[index];
    if (command === undefined || !isGivenUp(row, request)) return later(row, code);
    return tell(
      row,
      request,
      resultNotAvailable(
        index,
        command.type,
        `The result could not be written to the evidence folder (${code}). Whoever runs this bot must look at the disk; Defender keeps the result for a while.`,
      ),
    );
  }

  async function later(row: ClaimedWork, problem: string, atLeastMs = 0): Promise<void> {
    const waitMs = Math.max(Math.min(firstRetryMs * 2 ** (row.claims - 1), longestRetryMs), atLeastMs);
    await afterPause(row, problem, waitMs);
  }

  async function afterPause(row: ClaimedWork, problem: string, waitMs: number): Promise<void> {
    await store.transact((tx) => tx.retryWork(row, clock.now() + Math.ceil(waitMs), problem));
  }

  /** Tries alone would not do: those that found no room in the quota never reached Defender. */
  function isGivenUp(row: ClaimedWork, request: LiveResponseRequest): boolean {
    const endedAt = 'endedAt' in request ? request.endedAt : 0;
    return row.claims >= resultTries && clock.now() - endedAt >= resultWaitMs;
  }

  async function end(row: ClaimedWork, event?: Event): Promise<void> {
    await store.transact(async (tx: Tx) => {
      const now = clock.now();
      const stored = row.requestId === null ? null : await tx.request(row.requestId as RequestId);
      if (event !== undefined && stored !== null) await applyEvent(tx, stored, event, 'defender', now);
      await tx.finishWork(row, now);
    });
  }
}

/** The action that the request is about, as long as it may not have ended. */
const mayBeCancelled = (request: LiveResponseRequest, actionId: string): boolean =>
  (request.state === 'pending' || request.state === 'running' || request.state === 'unknown') &&
  request.actionId === actionId;

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
