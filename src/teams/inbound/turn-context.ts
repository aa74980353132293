import type { TurnContext } from 'botbuilder';
import type { Envelope } from './inbound';

/** What the HTTP side sends back: `body` is JSON. */
export interface HttpAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** What one inbound activity carries through teams-ai, which hands on nothing but botbuilder's context. */
interface Carried {
  readonly envelope: Envelope;
  readonly requestId: string;
  /** Sets what HTTP is answered. */
  readonly give: (answer: HttpAnswer) => void;
}

const carriedKey = Symbol('carried');

export const carry = (context: TurnContext, carried: Carried): void => void context.turnState.set(carriedKey, carried);
const carriedBy = (context: TurnContext): Carried => context.turnState.get(carriedKey) as Carried;

export const give = (context: TurnContext, answer: HttpAnswer): void => carriedBy(context).give(answer);
export const envelopeOf = (context: TurnContext): Envelope => carriedBy(context).envelope;
export const requestIdOf = (context: TurnContext): string => carriedBy(context).requestId;
