import type { RawMessage } from '../chat/clean';
import { minutes } from '../lib/clock';
import type { DueWork } from '../lib/loop';
import type { Store } from '../store/store';
import { postRow } from '../store/work/ordering-key';
import { sentencePost } from '../thread/kit/sentence';
import type { Turn } from '../thread/kit/turn';
import { answers } from '../thread/sentences/answers';
import type { FlowOptions } from './answer';
import { claimKeyOf, interruptedMark } from './handled';

/** An answer that somebody was told to wait for, while it is worked on in the memory of one process. */
interface Owed {
  /** What its transaction marks when it is done. */
  readonly key: string;
  readonly conversationId: string;
  readonly dueAt: number;
}

const owedFact = 'answersOwed';
/** Longer than reads of Defender are tried again for one person. */
const owedForMs = minutes(3);

/** Keeps that an answer is owed, and for a message says so: from here on a kill cannot make silence of it. */
export async function oweAnswer({ store, trial }: FlowOptions, turn: Turn, message: RawMessage | null): Promise<void> {
  const { conversationId } = turn.place;
  const owed: Owed = { key: claimKeyOf(turn, message), conversationId, dueAt: turn.at + owedForMs };
  await store.transact(async (tx) => {
    await tx.savePlace(turn.place);
    const all = (await tx.lockFact<readonly Owed[]>(owedFact)) ?? [];
    await tx.saveFact(owedFact, [...all, owed]);
    if (message === null) return;
    const post = sentencePost(answers.stillChecking, { trial, summary: answers.stillChecking });
    await tx.addWork([postRow(conversationId, post, turn)]);
  });
}

/**
 * Tells whoever still waits that what they sent was interrupted. Whatever it would have stored is marked with its key in one transaction, so that
 * whoever marks first is right: either it is done, or it never will be.
 */
export function createOwedAnswers({
  store,
  clock,
  trial,
}: {
  readonly store: Store;
  readonly clock: FlowOptions['clock'];
  readonly trial: boolean;
}): DueWork {
  const read = async (): Promise<readonly Owed[]> => (await store.fact<readonly Owed[]>(owedFact)) ?? [];
  return {
    async startDue() {
      const now = clock.now();
      const isDue = ({ dueAt }: Owed): boolean => dueAt <= now;
      if (!(await read()).some(isDue)) return 0;
      return store.transact(async (tx) => {
        const all = (await tx.lockFact<readonly Owed[]>(owedFact)) ?? [];
        const due = all.filter(isDue);
        await tx.saveFact(
          owedFact,
          all.filter((owed) => !isDue(owed)),
        );
        for (const { key, conversationId } of due) {
          if (!(await tx.claimActivity(key, now))) continue; // guard: what-is-told-as-interrupted-never-happens
          await tx.claimActivity(interruptedMark(key), now);
          const post = sentencePost(answers.interrupted, { trial, summary: 'I was interrupted' });
          await tx.addWork([postRow(conversationId, post, { at: now })]);
        }
        return due.length;
      });
    },
    async nextDueAt() {
      const all = await read();
      return all.length === 0 ? null : Math.min(...all.map(({ dueAt }) => dueAt));
    },
  };
}
