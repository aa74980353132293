import type { RawMessage } from '../chat/clean';
import { err, ok } from '../lib/result';
import type { Survives } from '../store/engine/engine';
import type { Tx } from '../store/store';
import { StoreError } from '../store/store-error';
import { postRow } from '../store/work/ordering-key';
import type { Post } from '../thread/kit/post';
import { sentencePost } from '../thread/kit/sentence';
import type { ActionAnswer, Turn } from '../thread/kit/turn';
import { answers } from '../thread/sentences/answers';
import type { Answer, FlowOptions, Notice } from './answer';
import { claimKeyOf, deliveryOf, interruptedMark } from './handled';

/**
 * One transaction: the activity is marked, the place remembered, the stage's writing done, and the answers put into the outbox. Where
 * nothing but an answer is stored, its commit does not wait for the disk: whoever asked what there is can ask again. A view is not even stored.
 */
export async function writeAnswer(
  options: FlowOptions,
  turn: Turn,
  answer: Answer,
  message: RawMessage | null = null,
): Promise<ActionAnswer> {
  const survives = answer.write === undefined ? 'process' : 'power'; // guard: what-is-decided-outlasts-the-power
  const handled = await settled(
    options.store,
    async (tx, isOwnDoubt) => {
      const delivery = await deliveryOf(tx, turn, message);
      if (delivery === 'repeated') {
        const isCutOff = await tx.isActivityClaimed(interruptedMark(claimKeyOf(turn, message)));
        if (isCutOff) return err(answers.interrupted); // guard: what-was-interrupted-is-not-told-as-done
        return isOwnDoubt ? ok(null) : err(null);
      }
      await tx.savePlace(turn.place);
      if (delivery !== 'first') {
        await tx.addWork([postRow(turn.place.conversationId, editPost(options, delivery), turn)]);
        return ok(null);
      }
      const written = (await answer.write?.(tx)) ?? [];
      const all = [...written, ...answer.posts];
      const view = onlyView(answer, all);
      const say = view === null ? null : ((await options.sayAfter?.(tx, turn.place, view)) ?? null);
      if (say !== null) return ok(say);
      await tx.addWork(all.map((post) => postRow(turn.place.conversationId, post, turn)));
      return ok(null);
    },
    survives,
  );
  if (!handled.ok)
    return toActionAnswer(
      handled.error === null ? (answer.again ?? { text: answers.handledAlready }) : { text: handled.error },
    );
  handled.value?.();
  return toActionAnswer(answer.notice ?? (await noticeAfter(options, answer)) ?? { text: answers.seeBelow });
}

const editPost = ({ trial }: FlowOptions, delivery: 'ofDone' | 'ofOld'): Post =>
  sentencePost(delivery === 'ofDone' ? answers.editOfDone : answers.editOfOld, {
    trial,
    summary: 'Your edit changed nothing',
  });

/** What is stored is stored, whatever becomes of the answer to it. */
async function noticeAfter({ log }: FlowOptions, answer: Answer): Promise<Notice | undefined> {
  try {
    return await answer.noticeAfter?.();
  } catch (error) {
    log.error({ error: error instanceof Error ? error.name : typeof error }, 'stored, but not answered');
    return { text: answers.storedUnanswered };
  }
}

/**
 * One transaction whose commit may go without an answer: the mark of the activity then tells whether it took effect, and it is done again only
 * if it did not. `isOwnDoubt`: a mark that is found may be our own.
 */
async function settled<T>(
  store: FlowOptions['store'],
  work: (tx: Tx, isOwnDoubt: boolean) => Promise<T>,
  survives: Survives,
): Promise<T> {
  try {
    return await store.transact((tx) => work(tx, false), survives);
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== 'store.commitInDoubt') throw error;
    return store
      .transact((tx) => work(tx, true), survives)
      .catch(() => {
        throw error;
      });
  }
}

function toActionAnswer(notice: Notice): ActionAnswer {
  return 'card' in notice ? { type: 'card', card: notice.card } : { type: 'message', text: notice.text };
}

/** The one post of an answer that need not be stored; null for every other answer. */
function onlyView({ isView, write }: Answer, [only, ...others]: readonly Post[]): Post | null {
  if (isView === undefined || write !== undefined) return null; // guard: only-views-are-said-from-memory
  return others.length > 0 || only === undefined ? null : only;
}
