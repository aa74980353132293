import type { Result } from '../../lib/result';
import type { Stored } from '../../store/rows/requests';
import type { Post } from '../../thread/kit/post';
import { readerOf } from '../../thread/kit/reader';
import { sentencePost } from '../../thread/kit/sentence';
import type { Turn } from '../../thread/kit/turn';
import { answers, describeDone } from '../../thread/sentences/answers';
import { describeRefusal, type Refusal } from '../../thread/sentences/refusals';
import type { Answer, FlowOptions, Notice } from '../answer';
import { markDone } from '../handled';
import { refusalPost } from '../refusal';
import { cardAfter, type Decided, type Scene, viewByCard } from './decide';

/** A decision is made inside the transaction that stores it; what came of it is told at once, to the one who decided. */
export async function byCard(
  options: FlowOptions,
  turn: Turn,
  decide: (scene: Scene) => Promise<Decided>,
  tell?: (id: string) => string,
): Promise<Answer> {
  const groups = await options.groups();
  let decided: Decided;
  return {
    posts: [],
    write: async (tx) => {
      decided = await decide({ tx, options, turn, groups });
      return [];
    },
    noticeAfter: () => noticeOf({ options, turn }, decided, tell),
  };
}

/** The card as it is for this person, with buttons only where their vote would count now; a view, and no right to anything (T-8). */
export async function viewing(options: FlowOptions, turn: Turn, token: string): Promise<Answer> {
  const groups = await options.groups();
  const answer: { -readonly [K in keyof Answer]: Answer[K] } = {
    posts: [],
    write: async (tx) => {
      const shown = await viewByCard({ tx, options, turn, groups }, token);
      const card = shown.ok ? shown.value.card : null;
      answer.notice =
        shown.ok && card !== null
          ? { card }
          : { text: describeRefusal(shown.ok ? { type: 'cardOutdated' } : shown.error, readerOf(turn)) };
      return [];
    },
  };
  return answer;
}

/** Typed decisions have no answer of their own: a refusal is posted, and so is what no card shows. */
export async function byWords<T>(
  options: FlowOptions,
  turn: Turn,
  decide: (scene: Scene) => Promise<Result<T, Refusal>>,
  tell: (done: T) => Post | null = () => null,
): Promise<Answer> {
  const groups = await options.groups();
  return {
    posts: [],
    write: async (tx) => {
      const decided = await decide({ tx, options, turn, groups });
      if (!decided.ok) return [refusalPost(options, turn, decided.error)];
      await markDone(tx, turn);
      const told = tell(decided.value);
      return told === null ? [] : [told];
    },
  };
}

/** In a thread the news says it; in a person's own chat only a card further up would change. */
export const inOwnChat = (
  options: FlowOptions,
  turn: Turn,
  { request }: Stored,
  did: 'approve' | 'deny' | 'cancel' | 'breakGlass',
): Post | null =>
  turn.place.scope === 'personal'
    ? sentencePost(describeDone(request, did), { trial: options.trial, summary: `${request.id}: done` })
    : null;

async function noticeOf(
  { options, turn }: Pick<Scene, 'options' | 'turn'>,
  decided: Decided,
  tell?: (id: string) => string,
): Promise<Notice> {
  if (!decided.ok) return { text: describeRefusal(decided.error, readerOf(turn)) };
  const { request } = decided.value;
  const said = tell?.(request.id) ?? (turn.seenAlone === true ? describeDone(request, 'deny') : null);
  if (said !== null) return inPlace(options, turn, said);
  if (request.state === 'awaitingApproval') return { text: answers.counted(request.id) };
  if (request.state === 'unknown' && request.offer !== null) return { text: answers.resendCounted(request.id) };
  const card = (await cardAfter(options, decided.value)).card;
  return card === null ? { text: answers.decided(request.id) } : { card };
}

/** A dialog ends with the sentence; a card with something to type in makes place for it. */
function inPlace({ trial }: FlowOptions, turn: Turn, text: string): Notice {
  const { card } = sentencePost(text, { trial });
  return turn.seenAlone === true || card === null ? { text } : { card };
}
