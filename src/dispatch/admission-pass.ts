import { once } from '../lib/once';
import { type Pause, pauseFact } from '../request/pause';
import type { RequestId } from '../request/request';
import type { Admission } from './admission';
import { admissionFact } from './limits';
import type { DispatchOptions, Task } from './options';
import { createQueuePositions } from './queue-positions';
import { postOnce } from './submit/post-once';
import { sendApproved } from './submit/send-approved';
import { claimOrphans } from './submit/write-intent';
import type { Views } from './views';

/**
 * Lets go all approved requests that may go now, each on its own way to Defender (`sendApproved`), and takes over submissions whose holder is
 * gone. Replicas take turns at the lock of `admissionFact`.
 */
export function createAdmissionPass(options: DispatchOptions & { readonly views: Views }): {
  start(): Promise<readonly Task[]>;
  /** What is shown of those that wait comes after the start of those that go. */
  showPositions(): Promise<readonly Task[]>;
  /** As the last pass left it: whatever moves it since is stored, and begins another pass. */
  nextDueAt(): Promise<number | null>;
} {
  const { store, defender, clock, views } = options;
  const underWay = new Set<RequestId>();
  const positions = createQueuePositions(store);
  let planned: { readonly plan: Admission; readonly nextAt: number | null } | null = null;
  let dueAt: number | null = null;

  async function readPlan() {
    const plan = await views.plan(store);
    if (!plan.isClockPutBack) return plan;
    await store.transact(async (tx) => {
      await tx.lockFact(admissionFact);
      await tx.pullBackSubmissions(clock.now());
    });
    return views.plan(store);
  }

  return {
    async start() {
      const orphans = await claimOrphans(options);
      const plan = await readPlan();
      const paused = (await store.fact<Pause>(pauseFact)) !== null;
      planned = { plan, nextAt: paused ? null : plan.nextAt };
      dueAt = planned.nextAt;
      const ids = paused ? [] : plan.admit.filter((id) => !underWay.has(id));
      for (const id of ids) underWay.add(id);
      // A list that is asked for after the pass has begun is as fresh for each of its requests as one of their own.
      const library = { begunAt: clock.now(), read: once(() => defender.listLibrary()) };
      return [
        ...orphans.map((claim) => ({ what: 'submit', done: postOnce(options, claim) })),
        ...ids.map((id) => ({
          what: 'admit',
          done: sendApproved(options, id, library).finally(() => underWay.delete(id)),
        })),
      ];
    },
    async showPositions() {
      if (planned !== null) dueAt = earliest(planned.nextAt, await positions.show(planned.plan, clock.now()));
      return [];
    },
    nextDueAt: async () => dueAt,
  };
}

const earliest = (a: number | null, b: number | null): number | null =>
  a === null ? b : b === null ? a : Math.min(a, b);
