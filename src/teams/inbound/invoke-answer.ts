import { toDialogCard } from '../../thread/kit/dialog';
import type { ActionAnswer } from '../../thread/kit/turn';
import type { HttpAnswer } from './turn-context';

/** Universal Actions: the HTTP status is 200 whatever the answer says, or Teams shows words of its own (teams.md E4). */
export const errorAnswer = (statusCode: number, code: string, message: string): HttpAnswer => ({
  status: 200,
  body: { statusCode, type: 'application/vnd.microsoft.error', value: { code, message } },
});

export const cardActionAnswer = (answer: ActionAnswer): HttpAnswer => {
  switch (answer.type) {
    case 'card':
      return {
        status: 200,
        body: { statusCode: 200, type: 'application/vnd.microsoft.card.adaptive', value: answer.card },
      };
    case 'message':
      return {
        status: 200,
        body: { statusCode: 200, type: 'application/vnd.microsoft.activity.message', value: answer.text },
      };
    case 'error':
      return errorAnswer(400, answer.code, answer.text);
  }
};

/** "Dialogs in bots": another card in the dialog, or a sentence that ends it. */
export const dialogAnswer = (answer: ActionAnswer, dialogId: string): HttpAnswer =>
  answer.type === 'card'
    ? {
        status: 200,
        body: {
          task: {
            type: 'continue',
            value: {
              title: 'Live Response',
              height: 'large',
              width: 'large',
              card: {
                contentType: 'application/vnd.microsoft.card.adaptive',
                content: toDialogCard(answer.card, dialogId),
              },
            },
          },
        },
      }
    : dialogMessage(answer.text);

export const dialogMessage = (text: string): HttpAnswer => ({
  status: 200,
  body: { task: { type: 'message', value: text } },
});

/** A refusal or a failure, in the shape that this kind of invoke is answered in. */
export function refusalAnswer(
  name: string | null | undefined,
  why: { readonly status: number; readonly code: string; readonly text: string },
): HttpAnswer {
  return opensDialog(name) ? dialogMessage(why.text) : errorAnswer(why.status, why.code, why.text);
}

const opensDialog = (name: string | null | undefined): boolean =>
  /^(?:task\/(?:fetch|submit)|composeExtension\/(?:fetchTask|submitAction))$/.test(name ?? '');
