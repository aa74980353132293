import { type Clock, seconds } from './lib/clock';
import type { DueWork } from './lib/loop';
import { keepPolicyText, putPolicyInForce } from './store/rows/policy-in-force';
import type { Store } from './store/store';

/** How soon it is looked again whether this replica may put its policy in force. */
const lookEveryMs = seconds(5);

/** Puts this replica's policy in force once the replica serves and is well, asked or not: a release that fails to start changes nothing for the others (D8). */
export interface InForce extends DueWork {
  /** From here on it serves; until its policy is in force, another one may be. */
  serve(): Promise<void>;
  /** Whether this replica has put its policy in force; until then it may not be called outrun by the one of before. */
  isInForce(): boolean;
}

export function createInForce(options: {
  readonly store: Store;
  readonly version: () => string;
  /** What the file of that version says. */
  readonly text: () => string;
  /** What is not well with this replica itself. */
  readonly problems: () => Promise<readonly string[]>;
  readonly clock: Clock;
}): InForce {
  const { store, version, text, problems, clock } = options;
  let isServing = false;
  let put: string | null = null;

  async function look(): Promise<void> {
    const wanted = version();
    if (!isServing || put === wanted) return; // guard: policy-comes-in-force-with-the-service
    if ((await problems()).length > 0) return; // guard: a-sick-replica-puts-nothing-in-force
    await store.transact(async (tx) => {
      await putPolicyInForce(tx, wanted);
      await keepPolicyText(tx, wanted, text());
    });
    put = wanted;
  }

  return {
    async serve() {
      isServing = true;
      await look();
    },
    isInForce: () => put === version(),
    startDue: async () => look().then(() => 0),
    nextDueAt: async () => clock.now() + lookEveryMs,
  };
}
