import { type ChatFault, describeFaults } from '../chat/faults';
import { sentencePost } from '../thread/kit/sentence';
import type { Turn } from '../thread/kit/turn';
import { type Answer, type FlowOptions, posts } from './answer';
import { devicePageFor } from './ask/device-page';
import { answerInWords, hintAtVote } from './decide/questions';
import { showList } from './show/lists';

/** Words that begin with none of the chat's: an answer to a question, where one waits for this person; else what is wrong with them. */
export async function answerUnread(
  options: FlowOptions,
  turn: Turn,
  text: string,
  faults: readonly ChatFault[],
): Promise<Answer> {
  const [first] = faults;
  if (first?.type === 'unknownWord' || first?.type === 'consoleCommand') {
    const isLikeCommand = first.type === 'consoleCommand' || first.suggestion !== null;
    const answered = (await answerInWords(options, turn, text, { isLikeCommand })) ?? hintAtVote(options, text);
    if (answered !== null) return answered;
  }
  const told = posts(
    sentencePost(describeFaults(faults), {
      trial: options.trial,
      summary: 'I could not read that',
      actions: await devicePageFor(options, turn, faults),
    }),
  );
  const asksWhich = first?.type === 'missingText' && (first.word === 'approve' || first.word === 'deny');
  if (!asksWhich) return told;
  const waiting = await showList(options, turn, { list: 'waiting', about: null, page: 1 });
  return waiting.ok ? { posts: [...told.posts, ...waiting.value.posts] } : told;
}
