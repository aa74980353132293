import type { Result } from '../lib/result';
import type { ActionJson } from '../thread/kit/button';
import { fits } from '../thread/kit/fits';
import type { Post } from '../thread/kit/post';
import { readerOf } from '../thread/kit/reader';
import { sentencePost } from '../thread/kit/sentence';
import type { Turn } from '../thread/kit/turn';
import { describeRefusal, type Refusal } from '../thread/sentences/refusals';
import { type Answer, type FlowOptions, posts } from './answer';
import { auditRefusal } from './decide/decide';

/** A card in place of the one that was clicked. */
export const showing = (post: Post): Answer =>
  post.card === null ? posts(post) : { posts: [], notice: { card: post.card } };

export const refusalPost = (
  options: FlowOptions,
  turn: Turn,
  why: Refusal,
  actions: readonly ActionJson[] = [],
): Post => {
  const said = { trial: options.trial, summary: 'Not done' };
  const sentence = describeRefusal(why, readerOf(turn));
  const whole = sentencePost(sentence, { ...said, actions });
  // A button carries what it would fill in, which may be more than a message holds: the sentence comes first.
  return fits(whole) ? whole : sentencePost(sentence, said);
};

const refusal = (options: FlowOptions, turn: Turn, why: Refusal, actions: readonly ActionJson[] = []): Answer => ({
  ...posts(refusalPost(options, turn, why, actions)),
  notice: { text: describeRefusal(why, readerOf(turn)) },
});

/** What was asked and not stored: the audit keeps that it was tried. `actions` do what the sentence advises. */
export const notStored = (
  options: FlowOptions,
  turn: Turn,
  why: Refusal,
  actions: readonly ActionJson[] = [],
): Answer => ({
  ...refusal(options, turn, why, actions),
  write: async (tx) => {
    await auditRefusal(tx, turn, null, why); // guard: refused-draft-audited
    return [];
  },
});

export const orRefusal = (options: FlowOptions, turn: Turn, result: Result<Answer, Refusal>): Answer =>
  result.ok ? result.value : refusal(options, turn, result.error);
