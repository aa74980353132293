import type { TurnContext } from 'botbuilder';
import type { Log } from '../../lib/log';
import { isOutage, type StoreError } from '../../store/store-error';
import { refusalAnswer } from './invoke-answer';
import { envelopeOf, give, type HttpAnswer, requestIdOf } from './turn-context';

/** An HTTP status and a code for whoever is not a person in Teams, or no one that is served. */
export const failure = (status: number, code: string, message: string): HttpAnswer => ({
  status,
  body: { error: { code, message } },
});

/** A bug in a turn: the person gets a reference, the log gets the error, nobody gets the inside (teams.md B2.12). */
export async function answerBug(context: TurnContext, error: unknown, log: Log): Promise<void> {
  const requestId = requestIdOf(context);
  const { type } = envelopeOf(context);
  if (isOutage(error)) return answerOutage(context, error, log);
  log.error({ requestId, activityType: type, error: errorNameOf(error), stack: stackOf(error) }, 'turn failed');
  const text = bugSentence(requestId);
  if (type === 'invoke')
    give(context, refusalAnswer(envelopeOf(context).name, { status: 500, code: 'internal', text }));
  else if (type === 'message') await tell(context, text, log);
}

/** A message is left to Teams, which delivers it again where it does; who clicks can click again. */
async function answerOutage(context: TurnContext, error: StoreError, log: Log): Promise<void> {
  const { type } = envelopeOf(context);
  log.warn({ requestId: requestIdOf(context), activityType: type, code: error.code }, 'turn not taken');
  if (type === 'invoke')
    return give(
      context,
      refusalAnswer(envelopeOf(context).name, {
        status: 503,
        code: 'storeUnavailable',
        text: outageSentence,
      }),
    );
  give(context, failure(503, 'storeUnavailable', 'The database cannot be used at the moment. Please send it again.'));
  if (type === 'message')
    await tell(
      context,
      'My database does not answer at the moment, so I cannot say whether this was stored. If no other answer follows within some minutes, look with status and send it again.',
      log,
    );
}

const bugSentence = (reference: string): string =>
  `Something failed inside the bot, and it may not have done what you asked. Please look with \`status\`, then try again; reference for your administrator: ${reference}.`;

const outageSentence =
  'My database does not answer at the moment, so I cannot say whether your click counted. Please click again in some minutes; whoever runs this bot finds the cause in its log.';

/** What a person is told of a failure. */
export const sentenceOf = (error: unknown, reference: string): string =>
  isOutage(error) ? outageSentence : bugSentence(reference);

/** Said in the turn itself and once: when even that fails there is only the log. */
export async function tell(context: TurnContext, text: string, log: Log): Promise<void> {
  try {
    await context.sendActivity({ type: 'message', text });
  } catch (error) {
    log.warn({ requestId: requestIdOf(context), error: errorNameOf(error) }, 'answer not delivered');
  }
}

export const errorNameOf = (error: unknown): string => (error instanceof Error ? error.name : typeof error);
/** Where it happened, without the message: that may hold a person's text. */
const stackOf = (error: unknown): readonly string[] =>
  error instanceof Error
    ? (error.stack ?? '')
        .split('\n')
        .filter((line) => /^\s+at /.test(line))
        .slice(0, 4)
        .map((line) => line.trim())
    : [];
