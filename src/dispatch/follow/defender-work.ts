import { DefenderError, defenderSentences } from '../../defender/errors';
import { minutes, seconds } from '../../lib/clock';
import { diskCodeOf } from '../../lib/disk-code';
import type { LiveResponseRequest } from '../../request/request';
import type { ClaimedWork } from '../../store/work/claims';
import type { WorkType } from '../../store/work/work';
import type { DispatchOptions, Task } from '../options';
import { cancelAction } from './cancel-action';
import { endWork, retryAfter, retryLater } from './end-work';
import { diskSentence, fetchFailed, fetchResult } from './fetch-result';
import { findInDefender } from './find-in-defender';
import { recheckLibrary } from './recheck-library';

const leaseMs = minutes(5);
/** Results have room of their own: those of 50 runs that end together must not keep a cancel or a look-up waiting. */
const kinds = [
  { types: ['lookUp', 'cancelAction'], atOnce: 8 },
  { types: ['fetchResult', 'recheckLibrary'], atOnce: 8 },
] as const;
const allTypes = kinds.flatMap(({ types }): readonly WorkType[] => types);
/** Those that wait for the same room do not all come back at the same instant. */
const spreadMs = seconds(5);

/** Looks up doubtful submissions, cancels, and fetches results: reads and repeatable calls, retried from their rows with growing pauses. */
export function createDefenderWork(options: DispatchOptions): { start(): Promise<readonly Task[]> } {
  const { store, clock, random } = options;
  const running: number[] = kinds.map(() => 0);
  const count = (kind: number): number => running[kind] ?? 0;

  return {
    async start() {
      // A read first: a pass that finds none writes nothing.
      if (!(await store.isWorkDue(allTypes, clock.now()))) return [];
      const leaseToken = Buffer.from(random(12)).toString('hex');
      const claimed = await store.transact(async (tx) => {
        const rows: Array<readonly [kind: number, row: ClaimedWork]> = [];
        for (const [kind, { types, atOnce }] of kinds.entries()) {
          const limit = atOnce - count(kind);
          if (limit <= 0) continue;
          const found = await tx.claimWork({ types, now: clock.now(), leaseMs, limit, leaseToken });
          rows.push(...found.map((row) => [kind, row] as const));
        }
        return rows;
      });
      return claimed.map(([kind, row]) => {
        running[kind] = count(kind) + 1;
        const done = perform(options, row).finally(() => {
          running[kind] = count(kind) - 1;
        });
        return { what: row.work.type, done };
      });
    },
  };
}

async function perform(options: DispatchOptions, row: ClaimedWork): Promise<void> {
  const stored = row.requestId === null ? null : await options.store.request(row.requestId);
  if (stored === null) return endWork(options, row);
  const { request } = stored;
  const { work } = row;
  try {
    if (work.type === 'lookUp') await lookUp(options, row, request, work.search);
    else if (work.type === 'cancelAction') await cancelAction(options, row, request, work.actionId);
    else if (work.type === 'recheckLibrary') await recheckLibrary(options, row, request);
    else if (work.type === 'fetchResult') await fetchResult(options, row, request, work);
  } catch (error) {
    await afterFailure(options, row, request, error);
  }
}

/** A list that could not be read proves nothing, and is asked for again. */
async function lookUp(
  options: DispatchOptions,
  row: ClaimedWork,
  request: LiveResponseRequest,
  search: number,
): Promise<void> {
  if (!('inDoubt' in request) || request.inDoubt?.search !== search) return endWork(options, row);
  await endWork(options, row, await findInDefender(options.defender.forPurpose('lookUp'), request));
}

/** Only a full disk and what Defender said are expected; any other error is a bug, and is thrown on. */
async function afterFailure(
  options: DispatchOptions,
  row: ClaimedWork,
  request: LiveResponseRequest,
  error: unknown,
): Promise<void> {
  const { log, random } = options;
  const { work, claims } = row;
  const disk = diskCodeOf(error);
  if (disk !== null && work.type === 'fetchResult') {
    log.error(
      { requestId: request.id, work: work.type, code: disk },
      'The evidence folder cannot be written; tried again later',
    );
    const why = { index: work.index, code: disk, sentence: diskSentence(disk), retryAfterMs: 0 };
    return fetchFailed(options, row, request, why);
  }
  if (!(error instanceof DefenderError)) throw error;
  const { code, retryAfterMs } = error;
  log.warn({ requestId: request.id, work: work.type, code, claims }, 'Defender did not answer; tried again later');
  if (work.type === 'lookUp')
    return endWork(options, row, { type: 'lookedUp', actions: [], complete: false, date: null });
  // Our own quota says nothing about the result.
  if (code === 'defender.budgetSpent')
    return retryAfter(options, row, code, (retryAfterMs ?? 0) + (spreadMs * (random(1)[0] ?? 0)) / 256);
  if (work.type !== 'fetchResult') return retryLater(options, row, code, retryAfterMs ?? 0);
  const why = { index: work.index, code, sentence: defenderSentences[code], retryAfterMs: retryAfterMs ?? 0 };
  return fetchFailed(options, row, request, why);
}
