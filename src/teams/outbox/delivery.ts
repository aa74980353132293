import type { Clock } from '../../lib/clock';
import type { Log } from '../../lib/log';
import { exhaustive } from '../../lib/result';
import type { Place } from '../../request/place';
import type { Digest, RequestId } from '../../request/request';
import type { SentNews } from '../../request/telling';
import type { Card } from '../../store/rows/cards';
import type { Store, Tx } from '../../store/store';
import { orderingKeyOf, readOrderingKey } from '../../store/work/ordering-key';
import type { Post } from '../../thread/kit/post';
import { type Teams, TeamsError, type TeamsErrorCode } from '../teams';
import type { PacedCall, PacedWork } from './paced-claim';

export interface DeliveryOptions {
  readonly store: Store;
  readonly teams: Teams;
  readonly clock: Clock;
  readonly log: Log;
  readonly render: {
    /** The copy as the request is now, with the digest that people may vote on by it; null when there is nothing to show. */
    card(copy: Card): Promise<{ readonly post: Post; readonly shown: Digest | null } | null>;
    news(requestId: RequestId, news: SentNews): Promise<{ readonly place: Place; readonly post: Post } | null>;
  };
}

/** What one step of a row came to. */
export type Step =
  | {
      readonly type: 'done';
      /** The card as it now is in Teams; null for all else. */
      readonly drawn: Drawn | null;
    }
  /** Another call is needed, which must find its own room within the rates: `write` puts the row where it will be made. */
  | { readonly type: 'again'; readonly write: (tx: Tx) => Promise<void> };

export interface Drawn {
  readonly copy: Card;
  readonly conversationId: string;
  readonly activityId: string;
  readonly shown: Digest | null;
}

/** Nothing leads to where the row should go. */
export class NoPlace extends Error {
  override readonly name = 'NoPlace';
}

/** Too late to call Teams: the row may be somebody else's before the call has ended. */
export class LeaseOver extends Error {
  override readonly name = 'LeaseOver';
}

/** The one call to Teams that a claimed row has room for. Remembers when it ended. */
export interface Call {
  <T>(perform: () => Promise<T>): Promise<T>;
  endedAt(): number | null;
}

export function createCall(
  { leaseUntil }: PacedCall,
  { clock, longestMs }: { readonly clock: Clock; readonly longestMs: number },
): Call {
  let endedAt: number | null = null;
  async function call<T>(perform: () => Promise<T>): Promise<T> {
    if (clock.now() + longestMs > leaseUntil) throw new LeaseOver(); // guard: lease-live-before-each-call
    if (endedAt !== null) throw new Error('A second call to Teams in one step');
    try {
      return await perform();
    } finally {
      endedAt = clock.now();
    }
  }
  return Object.assign(call, { endedAt: () => endedAt });
}

/** Makes at most one call to Teams, to what the row's ordering key names. Throws `TeamsError`, `NoPlace` and `LeaseOver`. */
export async function deliver(options: DeliveryOptions, { work: claimed }: PacedWork, call: Call): Promise<Step> {
  const ordering = readOrderingKey(claimed.orderingKey ?? '');
  if (ordering.type !== 'conversation' && ordering.type !== 'edits') return findChat(options, claimed, call);
  const place = await options.store.place(ordering.conversationId);
  if (place === null) throw new NoPlace();
  return sendTo(options, claimed, place, call);
}

/**
 * A person who clears the chat's history makes its conversation id die; opening the chat again gives the living one (msteams-docs #14079). Null: the
 * row does not go to a person's chat.
 */
export async function openAnew(
  store: Store,
  { orderingKey: name }: Claimed,
): Promise<((tx: Tx) => Promise<void>) | null> {
  const ordering = readOrderingKey(name ?? '');
  if (name === null || (ordering.type !== 'conversation' && ordering.type !== 'edits')) return null;
  const { conversationId } = ordering;
  if ((await store.place(conversationId))?.personId == null) return null;
  return (tx) => tx.moveWork(name, orderingKeyOf({ type: 'anew', conversationId }));
}

type Claimed = PacedWork['work'];

async function sendTo(options: DeliveryOptions, claimed: Claimed, place: Place, call: Call): Promise<Step> {
  const { work, requestId } = claimed;
  const { render, teams } = options;
  switch (work.type) {
    case 'sendCard':
      return sendCard(options, work.cardId, place, call);
    case 'sendNews': {
      const rendered = requestId === null ? null : await render.news(requestId, work.news);
      if (rendered !== null) await call(() => teams.post(place, rendered.post));
      return done;
    }
    case 'sendPost':
      await call(() => teams.post(place, work.post));
      return done;
    case 'submit':
    case 'lookUp':
    case 'cancelAction':
    case 'fetchResult':
    case 'recheckLibrary':
    case 'sendFile':
      throw new Error(`The outbox does not do ${work.type}.`);
    default:
      return exhaustive(work);
  }
}

const done: Step = { type: 'done', drawn: null };

async function sendCard(
  { store, render, teams, log }: DeliveryOptions,
  cardId: number,
  place: Place,
  call: Call,
): Promise<Step> {
  const { conversationId } = place;
  const copy = await store.card(cardId);
  if (copy === null) return done;
  if (copy.conversationId !== null && copy.conversationId !== conversationId)
    return placeAt(cardId, { conversationId: copy.conversationId, activityId: copy.activityId });
  const rendered = await render.card(copy);
  if (rendered === null) return done;
  const { post, shown } = rendered;
  const { activityId } = copy;
  if (activityId === null) {
    const sent = await call(() => teams.post(place, post));
    return { type: 'done', drawn: { copy, conversationId, activityId: sent.activityId, shown } };
  }
  try {
    await call(() => teams.update(place, activityId, post));
    return { type: 'done', drawn: { copy, conversationId, activityId, shown } };
  } catch (error) {
    if (!isTeams(error, 'teams.goneMessage')) throw error;
    log.warn({ requestId: copy.requestId, cardId }, 'card is gone, posting anew');
    return placeAt(cardId, { conversationId, activityId: null });
  }
}

const placeAt = (
  cardId: number,
  at: { readonly conversationId: string; readonly activityId: string | null },
): Step => ({ type: 'again', write: (tx) => tx.setCardMessage(cardId, at) });

/** Finds, else opens, the chat in which a row's person will get it. Opening goes through the conversation of the request. */
async function findChat({ store, teams }: DeliveryOptions, claimed: Claimed, call: Call): Promise<Step> {
  const wanted = await whoseChat(store, claimed);
  if (wanted === null) throw new NoPlace();
  const { personId, via, write, deadId } = wanted;
  const known = await store.personalPlace(personId);
  if (known !== null && known.conversationId !== deadId)
    return { type: 'again', write: (tx) => write(tx, known.conversationId) };
  const opened = await call(() => teams.openPersonal(personId, via));
  return {
    type: 'again',
    async write(tx) {
      await tx.savePlace(opened);
      await write(tx, opened.conversationId);
    },
  };
}

/** The place through which Teams was called for the row. */
export async function placeOf(store: Store, claimed: Claimed): Promise<Place | null> {
  const ordering = readOrderingKey(claimed.orderingKey ?? '');
  if (ordering.type === 'conversation' || ordering.type === 'edits') return store.place(ordering.conversationId);
  return (await whoseChat(store, claimed))?.via ?? null;
}

interface WantedChat {
  readonly personId: string;
  readonly via: Place;
  /** The chat that is known and does not live any more. */
  readonly deadId: string | null;
  /** Takes what waits for it to the chat. */
  readonly write: (tx: Tx, conversationId: string) => Promise<void>;
}

async function whoseChat(store: Store, { orderingKey: name, requestId }: Claimed): Promise<WantedChat | null> {
  const ordering = readOrderingKey(name ?? '');
  const viaRequest = async (id: RequestId | null): Promise<Place | null> => {
    const stored = id === null ? null : await store.request(id);
    return stored === null ? null : store.place(stored.request.conversationId);
  };
  switch (ordering.type) {
    case 'card': {
      const copy = await store.card(ordering.cardId);
      const via = await viaRequest(copy?.requestId ?? null);
      if (copy?.personId == null || via === null) return null;
      const write: WantedChat['write'] = (tx, conversationId) =>
        tx.setCardMessage(copy.cardId, { conversationId, activityId: null });
      return { personId: copy.personId, via, deadId: null, write };
    }
    case 'person': {
      const via = await viaRequest(requestId);
      if (via === null) return null;
      return {
        personId: ordering.personId,
        via,
        deadId: null,
        write: (tx, to) => tx.moveWork(orderingKeyOf(ordering), to),
      };
    }
    case 'anew': {
      const via = await store.place(ordering.conversationId);
      if (via?.personId == null) return null;
      const deadId = ordering.conversationId;
      const write: WantedChat['write'] = (tx, to) =>
        to === deadId
          ? tx.moveWork(orderingKeyOf(ordering), to)
          : tx.replaceConversation(deadId, orderingKeyOf(ordering), to);
      return { personId: via.personId, via, deadId, write };
    }
    case 'conversation':
    case 'edits':
      return null;
  }
}

export const isTeams = (error: unknown, code: TeamsErrorCode): error is TeamsError =>
  error instanceof TeamsError && error.code === code;
