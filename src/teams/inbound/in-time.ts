import { type Clock, seconds } from '../../lib/clock';
import type { Post } from '../../thread/kit/post';
import type { ActionAnswer, Turn } from '../../thread/kit/turn';
import { answers } from '../../thread/sentences/answers';
import type { BotOptions } from './bot-options';
import { errorNameOf, sentenceOf } from './failures';

/** From the arrival to the HTTP answer. Teams ends dialogs and message extensions after 5 s, all else after 10 to 15 s (teams.md E2, E3). */
export const answerWithin = { message: seconds(8), click: seconds(8), dialog: seconds(4), search: seconds(4) } as const;

type Kind = keyof typeof answerWithin;

/** What goes on after its HTTP answer has gone; a stop waits for it. */
export interface LateWork {
  add(work: Promise<void>): void;
  idle(): Promise<void>;
}

export function createLateWork(): LateWork {
  const underWay = new Set<Promise<void>>();
  return {
    add(work) {
      const tracked = work.finally(() => underWay.delete(tracked));
      underWay.add(tracked);
    },
    async idle() {
      await Promise.allSettled(underWay);
    },
  };
}

export interface InTime<T> {
  readonly kind: Kind;
  readonly work: Promise<T>;
  /** Once the time is over: what is answered in place of what `work` comes to. */
  readonly late: () => T | Promise<T>;
  /** What has to be said of it when it ends after all; null: nothing. */
  readonly follow: (value: T) => Post | null;
}

/**
 * What `work` comes to, or `late` when that is not there in time. The work is never begun again nor undone: it stores what it stores, once, and what it
 * would have answered follows as a post.
 */
export async function inTime<T>(options: BotOptions, turn: Turn, { kind, work, late, follow }: InTime<T>): Promise<T> {
  const { clock, log, lateWork } = options;
  const isLate = await isOver(clock, answerWithin[kind] - (clock.now() - turn.at), work);
  if (!isLate) return work;
  log.warn({ activity: turn.activityId, kind }, 'answered before it was done; the rest follows');
  lateWork.add(
    work.then(follow, (error: unknown) => failed(options, turn, error)).then((post) => say(options, turn, post)),
  );
  return late();
}

/** The answer to a press, whose late end is told where it was pressed. */
export const answerInTime = (
  options: BotOptions,
  turn: Turn,
  {
    kind,
    verb,
    work,
  }: { readonly kind: 'click' | 'dialog'; readonly verb: string; readonly work: Promise<ActionAnswer> },
): Promise<ActionAnswer> =>
  inTime(options, turn, {
    kind,
    work,
    late: async () => {
      if (!follows(verb)) return { type: 'message', text: answers.tooSlowToOpen };
      const isKept = await keptWithin(options.clock, options.flow.onLate(turn, null));
      return { type: 'message', text: isKept ? answers.stillChecking : answers.stillCheckingInMemory };
    },
    follow: (answer) => (follows(verb) ? lateNews(verb, answer) : null),
  });

/** Teams waits 10 to 15 s for a click and 5 s for a dialog, of which 8 and 4 are over. */
const keepWithinMs = 800;

/** False where the store is slow or away, too: then nothing but this process knows that an answer is owed. */
async function keptWithin(clock: Clock, kept: Promise<void>): Promise<boolean> {
  const done = kept.then(
    () => true,
    () => false,
  );
  return !(await isOver(clock, keepWithinMs, done)) && done;
}

/** A client asks for a view by itself, and an empty form holds nothing: both can be asked for again. */
const follows = (verb: string): boolean => !['card.refresh', 'form.open'].includes(verb);

/** A decision is told by a sentence: a card of its request that nobody keeps would go on showing how it stood. */
function lateNews(verb: string, answer: ActionAnswer): Post | null {
  if (answer.type === 'card' && /^(?:vote|request)\./.test(verb)) return plain(answers.handledLate);
  const said: readonly string[] = [answers.seeBelow, answers.handledAlready, answers.interrupted];
  if (answer.type !== 'card' && said.includes(answer.text)) return null;
  return toPost(answer);
}

export function toPost(answer: ActionAnswer): Post {
  if (answer.type === 'card') return { text: null, mention: null, card: answer.card, summary: 'Answer to your click' };
  return plain(answer.text);
}

export const plain = (text: string): Post => ({ text, mention: null, card: null, summary: text });

async function isOver(clock: Clock, ms: number, work: Promise<unknown>): Promise<boolean> {
  const ended = new AbortController();
  const done = work.then(
    () => false,
    () => false,
  );
  const over = clock.sleep(ms, ended.signal).then(() => true);
  const first = await Promise.race([done, over]);
  ended.abort();
  return first;
}

function failed({ log }: BotOptions, turn: Turn, error: unknown): Post {
  log.error({ activity: turn.activityId, error: errorNameOf(error) }, 'turn failed after its answer');
  return plain(sentenceOf(error, turn.activityId));
}

async function say({ reply, log }: BotOptions, { place, activityId }: Turn, post: Post | null): Promise<void> {
  if (post === null) return;
  await reply(place, post).catch((error: unknown) =>
    log.error({ activity: activityId, error: errorNameOf(error) }, 'late answer not stored'),
  );
}
