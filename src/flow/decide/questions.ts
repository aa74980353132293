import { err, ok, type Result } from '../../lib/result';
import { mayVote } from '../../policy/policy';
import { parseRequestId } from '../../request/id';
import type { Question } from '../../request/request';
import { besideShown, openQuestions, readBeside } from '../../request/votes/questions';
import { applyEvent } from '../../store/commit/apply';
import type { Stored } from '../../store/rows/requests';
import { answerCard, denialCard, questionCard, whichQuestion } from '../../thread/cards/beside-cards';
import type { Post } from '../../thread/kit/post';
import { readerOf } from '../../thread/kit/reader';
import { sentencePost } from '../../thread/kit/sentence';
import type { Turn } from '../../thread/kit/turn';
import { answers } from '../../thread/sentences/answers';
import { describeRefusal, type Refusal } from '../../thread/sentences/refusals';
import { type Answer, type FlowOptions, posts } from '../answer';
import { orRefusal } from '../refusal';
import { findMissingCard } from '../show/pruned';
import { byWords } from './answer-decision';
import { type Decided, findMisplaced, hashToken, newToken, refuse, reread, type Scene } from './decide';
import { toRefusal, voteRefusal } from './refusal-of';

/** The small card on which an approver types: in a dialog, or where the button was pressed. It decides nothing by being opened. */
export async function openBeside(
  options: FlowOptions,
  turn: Turn,
  { verb, token }: { readonly verb: 'denial.open' | 'question.open'; readonly token: string },
): Promise<Answer> {
  const groups = await options.groups();
  const answer: { -readonly [K in keyof Answer]: Answer[K] } = { posts: [] };
  answer.write = async (tx) => {
    const opened = await besideCardOf({ tx, options, turn, groups }, { verb, token });
    if (!opened.ok) answer.notice = { text: describeRefusal(opened.error, readerOf(turn)) };
    else if (turn.seenAlone !== true) return [opened.value];
    else if (opened.value.card !== null) answer.notice = { card: opened.value.card };
    return [];
  };
  return answer;
}

async function besideCardOf(
  scene: Scene,
  { verb, token }: { readonly verb: 'denial.open' | 'question.open'; readonly token: string },
): Promise<Result<Post, Refusal>> {
  const { tx, options, turn } = scene;
  const known = await tx.voteToken(hashToken(token));
  const stored = known === null ? null : await tx.request(known.requestId);
  const copy = known === null ? null : await tx.card(known.cardId);
  if (known === null || stored === null || copy === null) return err(await findMissingCard(tx, turn));
  // In a dialog Teams need not say which message opened it: then the conversation and the person decide.
  const misplaced = findMisplaced(turn, stored.request, copy, { isBeside: turn.seenAlone === true });
  if (misplaced !== null) return err(misplaced);
  const refusal = findRefusal(scene, stored, known.shown);
  if (refusal !== null) return err(refusal);
  if (verb === 'denial.open' && stored.request.votes.some(({ by }) => by.id === turn.person.id))
    return err({ type: 'alreadyVoted' });
  const beside = newToken(options.random);
  await tx.addVoteToken({
    tokenHash: hashToken(beside),
    requestId: known.requestId,
    cardId: known.cardId,
    shown: besideShown(stored.request.digest),
  });
  const view = await options.views.of(tx, stored);
  return ok(verb === 'denial.open' ? denialCard(view, beside) : questionCard(view, beside));
}

/** Why this person may not decide or ask about what they were shown; null when they may. */
function findRefusal({ options, turn, groups }: Scene, { request }: Stored, shown: string): Refusal | null {
  if (request.state !== 'awaitingApproval') return { type: 'alreadyDecided', request };
  const allowed = mayVote(options.policy(), groups, request, turn.person, shown as typeof request.digest);
  return allowed.ok ? null : voteRefusal(allowed.error);
}

/** A question by those who may decide, over what they were shown; it is no vote. */
export async function askByCard(
  scene: Scene,
  { token, text }: { readonly token: string; readonly text: string },
): Promise<Decided> {
  const { tx, turn } = scene;
  const known = await tx.voteToken(hashToken(token));
  const beside = known === null ? null : readBeside(known.shown);
  const stored = known === null ? null : await tx.request(known.requestId);
  const copy = known === null ? null : await tx.card(known.cardId);
  if (beside === null || stored === null || copy === null) return refuse(scene, null, await findMissingCard(tx, turn));
  const { request } = stored;
  const refusal = findMisplaced(turn, request, copy, { isBeside: true }) ?? findRefusal(scene, stored, beside);
  if (refusal !== null) return refuse(scene, request.id, refusal); // guard: questions-need-the-right-to-vote
  const event = { type: 'questionAsked', by: turn.person, text } as const;
  const outcome = await applyEvent(tx, stored, event, { personId: turn.person.id }, turn.at);
  return outcome.ok ? reread(tx, request.id) : refuse(scene, request.id, toRefusal(outcome.error, request));
}

/** The requester's answer; whoever wants something else run asks anew. */
export async function giveAnswer(
  scene: Scene,
  given: { readonly requestId: string; readonly number: number; readonly text: string },
): Promise<Decided> {
  const { tx, turn } = scene;
  const id = parseRequestId(given.requestId);
  const stored = id === null ? null : await tx.request(id);
  if (stored === null || stored.request.tenantId !== turn.tenantId)
    return refuse(scene, null, { type: 'unknownRequest', id: given.requestId });
  const { request } = stored;
  const event = { type: 'questionAnswered', by: turn.person, number: given.number, text: given.text } as const;
  const outcome = await applyEvent(tx, stored, event, { personId: turn.person.id }, turn.at);
  return outcome.ok ? reread(tx, request.id) : refuse(scene, request.id, toRefusal(outcome.error, request));
}

/** The card on which the requester types their answer. */
export async function openAnswer(
  options: FlowOptions,
  turn: Turn,
  { requestId, number }: { readonly requestId: string; readonly number: number },
): Promise<Answer> {
  const id = parseRequestId(requestId);
  const stored = id === null ? null : await options.store.request(id);
  if (stored === null || stored.request.tenantId !== turn.tenantId)
    return orRefusal(options, turn, err({ type: 'unknownRequest', id: requestId }));
  const { request } = stored;
  if (request.requester.id !== turn.person.id) return orRefusal(options, turn, err({ type: 'answerNotYours' }));
  if (request.state !== 'awaitingApproval') return orRefusal(options, turn, err({ type: 'alreadyDecided', request }));
  const question = openQuestions(request).find((one) => one.number === number);
  if (question === undefined) return orRefusal(options, turn, err({ type: 'noOpenQuestion' }));
  return posts(answerCard(await options.views.of(options.store, stored), question));
}

/** As many as are open in a conversation as a rule. */
const lookBack = 20;
/** A row of buttons holds five (teams.md D2). */
const mostAnswers = 5;

/** The questions that wait for this person here. */
async function findOpen(options: FlowOptions, { tenantId, person, place }: Turn) {
  const filter = { tenantId, requesterId: person.id, conversationId: place.conversationId };
  const waiting = await options.store.recentRequests({ ...filter, states: ['awaitingApproval'] }, lookBack);
  return waiting.flatMap(({ request }) =>
    openQuestions(request).map((question): { request: typeof request; question: Question } => ({ request, question })),
  );
}

/**
 * Free words in a conversation where a question waits for this person: their answer, or null where none does. Never a vote. Words that look like
 * a command, such as `cancle LR-7F3K`, are none: published as an answer, they would leave the request as it is.
 */
export async function answerInWords(
  options: FlowOptions,
  turn: Turn,
  text: string,
  { isLikeCommand }: { readonly isLikeCommand: boolean },
): Promise<Answer | null> {
  const { place } = turn;
  const open = await findOpen(options, turn);
  const [only, ...others] = open;
  if (only === undefined) return null;
  const { trial } = options;
  if ((isLikeCommand && !yesOrNo.test(text.trim())) || namesRequest.test(text))
    return posts(sentencePost(answers.notAnAnswer(only.request.id), { trial, summary: 'Not taken as an answer' })); // guard: a-misspelt-command-answers-nothing
  if (others.length > 0) return posts(whichQuestion(open.slice(0, mostAnswers), { trial }));
  const given = { requestId: only.request.id, number: only.question.number, text };
  return byWords(
    options,
    turn,
    (scene) => giveAnswer(scene, given),
    ({ request }) =>
      place.scope === 'personal'
        ? sentencePost(answers.answerSent(request.id), { trial, summary: `${request.id}: answered` })
        : null,
  );
}

const namesRequest = /\bLR-[0-9A-Z]{4,}/i;

/** What people say when they mean yes or no; their vote is on the card. */
const yesOrNo =
  /^(?:ok(?:ay)?|k|yes|yep|yeah|no|nope|sure|go(?: ahead)?|lgtm|approved|denied|fine|agreed|do it|\u{1f44d}|\u{1f44e}|\+1)(?![\p{L}\p{N}-])/iu;

/** One quiet hint to whoever answers a card in words. */
export const hintAtVote = ({ trial }: FlowOptions, text: string): Answer | null =>
  yesOrNo.test(text.trim()) ? posts(sentencePost(answers.noVote, { trial, summary: 'Not a vote' })) : null;
