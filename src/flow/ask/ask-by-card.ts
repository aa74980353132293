import type { FormInput } from '../../chat/form';
import { DefenderError } from '../../defender/errors';
import { readerOf } from '../../thread/kit/reader';
import { sentencePost } from '../../thread/kit/sentence';
import type { Turn } from '../../thread/kit/turn';
import { answers } from '../../thread/sentences/answers';
import { describeRefusal, type Refusal } from '../../thread/sentences/refusals';
import { type Answer, type FlowOptions, type Notice, posts, tellUnread } from '../answer';
import { notStored, showing } from '../refusal';
import type { Asked } from './asked';

/**
 * Asks from a card: a sentence takes the card's place when the request was stored, and says for which one where this was asked by it before. What else
 * was refused goes to `refuse` with the input that it is about, so that a form keeps what was filled in.
 */
export async function asking(
  options: FlowOptions,
  turn: Turn,
  stage: () => Promise<Asked>,
  refuse: (refused: readonly Refused[]) => Answer | Promise<Answer> = (refused) =>
    showing(sentencePost(refused.map(({ sentence }) => sentence).join('\n'), { trial: options.trial })),
): Promise<Answer> {
  const say = (text: string): Answer => showing(sentencePost(text, { trial: options.trial }));
  const refused = async (refusal: Refusal): Promise<Answer> =>
    refusal.type === 'cardUsed' || refusal.type === 'askedAlready'
      ? say(describeRefusal(refusal, readerOf(turn)))
      : refuse(refusedOf(turn, refusal));
  const stored = noticeOf(say(answers.stored));
  try {
    const asked = await stage();
    if (!asked.ok) {
      if (isSameDelivery(turn, asked.error)) return { posts: [], notice: stored, again: stored };
      return { ...notStored(options, turn, asked.error), ...(await refused(asked.error)) };
    }
    if ('question' in asked.value) return posts(asked.value.question);
    const { store } = asked.value;
    let outcome: Awaited<ReturnType<typeof store>>;
    return {
      posts: [],
      write: async (tx) => {
        outcome = await store(tx);
        return [];
      },
      noticeAfter: async () => (outcome.ok ? stored : noticeOf(await refused(outcome.error))),
      again: stored,
    };
  } catch (error) {
    if (!(error instanceof DefenderError)) throw error;
    return refuse([{ inputOf: () => 'device', sentence: tellUnread(options, turn, error) }]);
  }
}

/** What a click gets back of an answer that is shown in place of its card. */
const noticeOf = ({ notice = { text: answers.seeBelow } }: Answer): Notice => notice;

/** Teams delivers again what took too long: it gets the answer that the first delivery got. */
const isSameDelivery = ({ activityId }: Turn, refusal: Refusal): boolean =>
  refusal.type === 'cardUsed' && activityId !== '' && refusal.activityId === activityId;

/** What was refused, and the input of a form that it is about. */
export interface Refused {
  readonly inputOf: (input: FormInput) => string;
  readonly sentence: string;
}

export const refusedOf = (turn: Turn, refusal: Refusal): readonly Refused[] =>
  refusal.type === 'several'
    ? refusal.refusals.flatMap((one) => refusedOf(turn, one))
    : [{ inputOf: (input) => inputAbout(refusal, input), sentence: describeRefusal(refusal, readerOf(turn)) }];

/** The input that a refusal is about. */
function inputAbout(refusal: Refusal, input: FormInput): string {
  if (refusal.type === 'unknownLibraryFile')
    return `name${input.rows.findIndex((row) => row.name.includes(refusal.fileName)) + 1}`;
  return refusal.type === 'doesNotFit' ? 'reason' : 'device';
}
