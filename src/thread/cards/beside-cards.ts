import { maxReasonLength } from '../../request/ask/command';
import type { LiveResponseRequest, Question } from '../../request/request';
import { maxAnswerLength, maxQuestionLength } from '../../request/votes/questions';
import { button, openDialog, type TextInput, textInput } from '../kit/button';
import { type Line, say, saySubtle, showCut, showDevices, showParagraphs, showPerson } from '../kit/line';
import type { Post } from '../kit/post';
import { linesPost } from '../kit/sentence';
import type { RequestView } from '../kit/view';
import { count, formatShort } from '../kit/words';

/**
 * Small cards for what a person types about a request: as a dialog, or as a message of their own where the client has no dialogs. The request's card
 * would lose what was typed with its next edit.
 */
const besideCard = (post: Post, question: TextInput, answer: Parameters<typeof button>[0]): Post =>
  post.card === null
    ? post
    : {
        ...post,
        card: {
          ...post.card,
          body: [...(post.card.body as readonly unknown[]), textInput(question)],
          actions: [button(answer)],
        },
      };

/** Why not, from somebody who denies. `token` is bound to the card that they pressed *Deny…* on. */
export function denialCard({ request, trial }: RequestView, token: string): Post {
  const post = linesPost([what(request, 'Deny ')], { trial, summary: `${request.id}: deny it` });
  return besideCard(
    post,
    {
      id: 'reason',
      label: 'Why not? The requester and the thread will read it.',
      errorMessage: 'Write a reason, so that the requester knows what to change.',
      required: true,
      maxLength: maxReasonLength,
      multiline: true,
    },
    { title: 'Deny', verb: 'vote.deny', data: { token }, style: 'destructive', inputs: 'all' },
  );
}

/** What an approver wants to know before they decide. */
export function questionCard({ request, trial, now }: RequestView, token: string): Post {
  const post = linesPost([what(request, 'Ask about '), clock(request, now)], {
    trial,
    summary: `${request.id}: ask the requester`,
  });
  return besideCard(
    post,
    {
      id: 'question',
      label: 'Your question. The thread will read it.',
      errorMessage: `Write a question of at most ${maxQuestionLength} characters.`,
      required: true,
      maxLength: maxQuestionLength,
      multiline: true,
    },
    { title: 'Ask', verb: 'question.ask', data: { token }, inputs: 'all' },
  );
}

/** The requester's answer to one question. */
export function answerCard({ request, trial, now }: RequestView, { number, by, text }: Question): Post {
  const post = linesPost([[...showPerson(by), say(' asked:')], ...showParagraphs(text), clock(request, now)], {
    trial,
    summary: `${request.id}: answer a question`,
  });
  return besideCard(
    post,
    {
      id: 'answer',
      label: 'Your answer. The thread and the approvers will read it.',
      errorMessage: `Write an answer of at most ${maxAnswerLength} characters.`,
      required: true,
      maxLength: maxAnswerLength,
      multiline: true,
    },
    { title: 'Answer', verb: 'answer.give', data: { requestId: request.id, number }, inputs: 'all' },
  );
}

/** One button for each question that waits for this person, where words alone do not say which is meant. */
export const whichQuestion = (
  open: ReadonlyArray<{ readonly request: LiveResponseRequest; readonly question: Question }>,
  { trial }: { readonly trial: boolean },
): Post =>
  linesPost(
    [
      [say(`${count(open.length, 'question waits', 'questions wait')} for your answer. Which one do you mean?`)],
      ...open.map(
        ({ request, question }, i): Line => [
          saySubtle(`${i + 1}. ${request.id}: `),
          ...showPerson(question.by),
          say(' asked: '),
          ...showCut(question.text, 200),
        ],
      ),
    ],
    {
      trial,
      summary: 'Which question?',
      actions: open.map(({ request, question }, i) =>
        answerButton(request, question, { trial, title: `Answer ${i + 1}…` }),
      ),
    },
  );

export const answerButton = (
  { id }: LiveResponseRequest,
  { number }: Question,
  { trial, title = 'Answer…' }: { readonly trial: boolean; readonly title?: string },
) => openDialog({ title, verb: 'answer.open', data: { requestId: id, number } }, { trial });

const what = (request: LiveResponseRequest, verb: string): Line => {
  const { id, requester, commands } = request;
  return [
    say(`${verb}${count(commands.length, 'command')} on `),
    ...showDevices(request, 200),
    say(', asked by '),
    ...showPerson(requester),
    say('.'),
    saySubtle(` ${id}`),
  ];
};

/** A question stops no clock. */
export const clock = (request: LiveResponseRequest, now: number): Line =>
  request.state === 'awaitingApproval'
    ? [saySubtle(`The clock runs on: it expires at ${formatShort(request.decideBy, now)}.`)]
    : [];
