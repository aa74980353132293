import type { ClaimedWork } from '../store/work/claims';
import type { Post } from '../thread/kit/post';
import { answers } from '../thread/sentences/answers';
import type { Unreached } from '../thread/sentences/unreached-words';

/** A short plain sentence in the place of a message that Teams refused for what it is: what could not be shown, and how to get it. */
export function standInPost({ work, requestId }: Pick<ClaimedWork, 'work' | 'requestId'>, seen: Unreached): Post {
  const about = work.type === 'sendPost' ? work.post.summary : '';
  const [, command] = /: result of command (\d+) of/.exec(about) ?? [];
  const text =
    requestId === null
      ? answers.notShownAnswer(seen)
      : answers.notShown(requestId, command === undefined ? null : Number(command), seen);
  return { text, mention: null, card: null, summary: text };
}
