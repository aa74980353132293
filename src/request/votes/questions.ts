import { err, ok } from '../../lib/result';
import { hasVisible } from '../../lib/visible';
import type { Effect, News } from '../effect';
import type { Event } from '../event';
import type { Outcome } from '../outcome';
import type { AwaitingApproval, LiveResponseRequest, Question } from '../request';
import { askedSoFar } from './round';

/** More of them would make the thread a conversation, and the clock runs on. */
export const mostQuestions = 3;
/** In UTF-16 units: what is read on a phone at a glance. */
export const maxQuestionLength = 500;
export const maxAnswerLength = 1_000;

/** What the digest that a card for a denial or a question carries is prefixed with: such a card never approves (T-10). */
export const besideShown = (digest: string): string => `beside:${digest}`;

/** The digest that such a card was opened over; null when it is another kind of card. */
export const readBeside = (shown: string): string | null => (shown.startsWith('beside:') ? shown.slice(7) : null);

/** What approvers and the requester say to each other before it is decided. */
export const discuss = (
  request: AwaitingApproval,
  event: Extract<Event, { type: 'questionAsked' | 'questionAnswered' }>,
  now: number,
): Outcome => (event.type === 'questionAsked' ? askQuestion(request, event, now) : answerQuestion(request, event, now));

/** Nothing that the digest covers changes by it, no clock stops, and nobody votes by it. */
function askQuestion(
  request: AwaitingApproval,
  { by, text }: Extract<Event, { type: 'questionAsked' }>,
  now: number,
): Outcome {
  if (now >= request.decideBy) return err({ type: 'decideByPassed' });
  if (by.id === request.requester.id || !request.approverIds.includes(by.id)) return err({ type: 'notAnApprover' }); // guard: only-approvers-ask-questions
  if (!hasVisible(text) || text.length > maxQuestionLength) return err({ type: 'questionUnreadable' });
  const { questions = [] } = request;
  if (questions.length >= mostQuestions) return err({ type: 'tooManyQuestions' }); // guard: questions-are-few
  const question: Question = { number: questions.length + 1, by, text, at: now, answer: null };
  return tell({ ...request, questions: [...questions, question] }, { type: 'questionAsked', question }, []);
}

/** By its requester alone, once; it goes to all who were asked for their vote. */
function answerQuestion(
  request: AwaitingApproval,
  { by, number, text }: Extract<Event, { type: 'questionAnswered' }>,
  now: number,
): Outcome {
  if (now >= request.decideBy) return err({ type: 'decideByPassed' });
  if (by.id !== request.requester.id) return err({ type: 'answerNotYours' }); // guard: only-the-requester-answers
  if (!hasVisible(text) || text.length > maxAnswerLength) return err({ type: 'answerUnreadable' });
  const asked = request.questions?.find((question) => question.number === number);
  if (asked === undefined || asked.answer !== null) return err({ type: 'noOpenQuestion' });
  const question: Question = { ...asked, answer: { by, text, at: now } };
  const questions = request.questions?.map((one) => (one === asked ? question : one)) ?? [];
  const news = { type: 'questionAnswered', question } as const;
  return tell(
    { ...request, questions },
    news,
    [...askedSoFar(request)].map((personId) => ({ type: 'notifyPerson', personId, news })),
  );
}

/** Questions that wait for their answer, oldest first. */
export const openQuestions = (request: LiveResponseRequest): readonly Question[] =>
  request.state === 'awaitingApproval' ? (request.questions ?? []).filter(({ answer }) => answer === null) : [];

/** The cards stay as they are: an edit would fold what somebody is reading. */
const tell = (request: AwaitingApproval, news: News, effects: readonly Effect[]): Outcome =>
  ok({ request, effects: [{ type: 'reply', news }, ...effects] });
