import { openTarget } from '../../request/batch/batch-transition';
import { isOpenTarget } from '../../request/batch/outcome-of-target';
import { type BatchPlan, planBatch, type TargetFacts } from '../../request/batch/plan-batch';
import { targetIdOf } from '../../request/id';
import { type Pause, pauseFact } from '../../request/pause';
import type { BatchRunning, RequestId } from '../../request/request';
import { applyEvent, storeTarget } from '../../store/commit/apply';
import type { Reader, Tx } from '../../store/store';
import { admissionFact, effectiveLimit, type LearnedLimits } from '../limits';
import type { DispatchOptions } from '../options';
import { readTargets } from './read-batch';
import { shareOut } from './share-out';

interface Planned {
  readonly request: BatchRunning;
  readonly targets: readonly TargetFacts[];
  readonly plan: BatchPlan;
  /** As many of the next as have room. */
  readonly letGo: readonly number[];
}

/**
 * Drives all batches: what each does next is worked out anew from what is stored (`planBatch`), so that a crash in the middle leaves nothing behind
 * that the next pass does not find. Replicas take turns at the lock of `admissionFact`.
 */
export function createBatchPass(options: Pick<DispatchOptions, 'store' | 'clock' | 'limits'>): {
  /** Resolves to how many batches moved. */
  run(): Promise<number>;
  nextDueAt(): number | null;
} {
  const { store, clock } = options;
  let dueAt: number | null = null;

  return {
    async run() {
      const planned = await plan(options, store, await idsOf(store));
      dueAt = planned.reduce<number | null>((least, { plan: { nextAt } }) => {
        if (nextAt === null) return least;
        return least === null ? nextAt : Math.min(least, nextAt);
      }, null);
      if (!planned.some(hasWork)) return 0;
      return store.transact(async (tx) => {
        await tx.lockFact<LearnedLimits>(admissionFact);
        const now = await plan(options, tx, await idsOf(tx));
        const moving = now.filter(hasWork);
        for (const one of moving) await carryOut(tx, one, clock.now());
        return moving.length;
      });
    },
    nextDueAt: () => dueAt,
  };
}

const idsOf = async (reader: Reader): Promise<readonly RequestId[]> =>
  (await reader.requestsIn(['batchRunning'])).map(({ request }) => request.id);

const hasWork = ({ plan, letGo }: Planned): boolean =>
  letGo.length > 0 || plan.stop !== null || plan.callOff.length > 0 || plan.cancel.length > 0 || plan.hasEnded;

async function plan(
  { clock, limits }: Pick<DispatchOptions, 'clock' | 'limits'>,
  reader: Reader,
  ids: readonly RequestId[],
): Promise<readonly Planned[]> {
  if (ids.length === 0) return [];
  const now = clock.now();
  const isPaused = (await reader.fact<Pause>(pauseFact)) !== null;
  const learned = await reader.fact<LearnedLimits>(admissionFact);
  const sessions = effectiveLimit(limits.sessions, learned?.sessions ?? null, 'sessions', now).limit;
  const waiting = await reader.waiting();
  const found: Array<Omit<Planned, 'letGo'>> = [];
  for (const id of ids) {
    const request = (await reader.request(id))?.request;
    if (request?.state !== 'batchRunning') continue;
    const targets = await readTargets(reader, id);
    const elseWaits = ids.length > 1 || waiting.some((other) => !other.id.startsWith(`${id}.`));
    found.push({ request, targets, plan: planBatch(request, targets, { now, elseWaits }) });
  }
  const shares = shareOut(
    found.map(({ request, targets, plan }) => ({
      id: request.id,
      underWay: targets.filter(({ outcome }) => isOpenTarget(outcome)).length,
      next: isPaused ? [] : plan.next,
    })),
    sessions,
  );
  return found.map((one) => ({ ...one, letGo: shares.get(one.request.id) ?? [] }));
}

async function carryOut(tx: Tx, { request, targets, plan, letGo }: Planned, now: number): Promise<void> {
  const put = async (
    id: RequestId,
    event: Parameters<typeof applyEvent>[2],
    actor: Parameters<typeof applyEvent>[3],
  ) => {
    const stored = await tx.request(id);
    if (stored !== null) await applyEvent(tx, stored, event, actor, now);
  };
  if (plan.stop !== null) await put(request.id, { type: 'batchStopped', stop: plan.stop }, 'bot');
  for (const { number, because } of plan.callOff)
    await put(targetIdOf(request.id, number), { type: 'calledOff', because }, 'bot');
  const { stopped } = request;
  if (stopped?.type === 'cancelled')
    for (const number of plan.cancel) {
      const wish = { type: 'cancelAsked', by: stopped.by, reason: stopped.reason } as const;
      await put(targetIdOf(request.id, number), wish, { personId: stopped.by.id });
    }
  const isCanary = plan.phase === 'canaries';
  for (const number of letGo) await storeTarget(tx, openTarget(request, number, { isCanary, now }), now);
  if (plan.hasEnded) {
    const outcomes = targets.map(({ number, outcome }) => ({ number, outcome }));
    await put(request.id, { type: 'batchEnded', outcomes }, 'bot');
  }
}
