import type { FormInput } from '../chat/form';
import { DefenderError } from '../defender/errors';
import { readerOf } from '../thread/reader';
import { describeRefusal, type Refusal } from '../thread/refusals';
import { sentencePost } from '../thread/sentence';
import type { Turn } from '../thread/turn';
import { type Answer, type FlowOptions, tellUnread } from './answer';
import type { ask } from './ask';
import { notStored, showing } from './refusal';

/**
 * Asks from a card: a sentence takes the card's place when the request was stored. What was refused goes to `refuse` with the input
 * that it is about, so that a form keeps what was filled in.
 */
export async function asking(
  options: FlowOptions,
  turn: Turn,
  stage: () => ReturnType<typeof ask>,
  refuse: (refused: readonly Refused[]) => Answer | Promise<Answer> = (refused) =>
    showing(sentencePost(refused.map(({ sentence }) => sentence).join('\n'), { trial: options.trial })),
): Promise<Answer> {
  const say = (text: string): Answer => showing(sentencePost(text, { trial: options.trial }));
  try {
    const asked = await stage();
    if (!asked.ok)
      return {
        ...notStored(options, turn, asked.error),
        ...(await refuse(refusedOf(turn, asked.error))),
      };
    const { notice } = asked.value;
    if (notice === undefined || !('text' in notice)) return asked.value;
    return onceACard(turn, { ...asked.value, ...say(notice.text), posts: asked.value.posts });
  } catch (error) {
    if (!(error instanceof DefenderError)) throw error;
    return refuse([{ inputOf: () => 'device', sentence: tellUnread(options, turn, error) }]);
  }
}

/** A card makes one request, however often its button is pressed before the answer is seen. */
function onceACard(turn: Turn, answer: Answer): Answer {
  const { replyToId, place, at } = turn;
  if (replyToId === null) return answer;
  return {
    ...answer,
    write: async (tx) => {
      const isFirst = await tx.claimActivity(`card:${place.conversationId}:${replyToId}`, at); // guard: one-request-a-card
      return isFirst ? ((await answer.write?.(tx)) ?? []) : [];
    },
  };
}

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
