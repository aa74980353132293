import { keyFor, maskTold, shownOf } from '../dispatch/masked-view';
import type { Views } from '../dispatch/views';
import type { RandomBytes } from '../lib/random';
import { type Board, boardFact } from '../request/board';
import { isOffered, offerShown } from '../request/doubt/resend';
import type { Place } from '../request/place';
import { type Digest, isFinal, type LiveResponseRequest, type RequestId } from '../request/request';
import type { SentNews } from '../request/telling';
import type { Card } from '../store/rows/cards';
import { maskSecretFact } from '../store/rows/mask-secret';
import type { Store } from '../store/store';
import { boardCard } from '../thread/cards/board-card';
import { requestCard } from '../thread/cards/request-card';
import type { Post } from '../thread/kit/post';
import type { RequestView } from '../thread/kit/view';
import { endPost } from '../thread/posts/end-post';
import { replacedPost } from '../thread/posts/replaced-post';
import { newsPost } from '../thread/sentences/news';
import { hashToken, newToken } from './decide/decide';

/** What the outbox sends, made from the request as it is at that moment. */
export interface Render {
  /** Null: nothing to show any more. */
  card(copy: Card): Promise<{ readonly post: Post; readonly shown: Digest | null } | null>;
  /** `place` is the conversation of the request. */
  news(requestId: RequestId, news: SentNews): Promise<{ readonly place: Place; readonly post: Post } | null>;
}

export function createRender(options: {
  readonly store: Store;
  readonly views: Views;
  readonly random: RandomBytes;
  /** How Teams names the person of a personal chat; null where that is not known. */
  readonly teamsUserIdOf: (place: Place) => string | null;
}): Render {
  const { store, views, random } = options;
  return {
    async card(copy) {
      const stored = await store.request(copy.requestId);
      if (stored === null) return null;
      if (copy.audience === 'replaced')
        return copy.activityId === null ? null : { post: replacedPost(await views.of(store, stored)), shown: null };
      if (copy.audience === 'end') return { post: endPost(await views.of(store, stored)), shown: null };
      if (copy.audience === 'board') return drawBoard(copy);
      let toDecide = shownToDecide(stored.request);
      if (await isAskersOwn(copy)) toDecide = null; // guard: requester-is-offered-no-vote
      // Whoever asked for a reader's card may show it to anybody.
      if (copy.audience === 'reader') toDecide = null; // guard: reader-card-takes-no-vote
      const token = toDecide === null ? null : newToken(random);
      const audience = copy.audience === 'approver' ? 'approver' : 'thread';
      const viewerIds = copy.audience === 'thread' ? await viewersOf(stored.request) : [];
      const post = requestCard(await views.of(store, stored), { audience, token, viewerIds });
      if (token !== null && toDecide !== null) {
        const { id } = stored.request;
        await store.transact((tx) =>
          tx.addVoteToken({ tokenHash: hashToken(token), requestId: id, cardId: copy.cardId, shown: toDecide }),
        );
      }
      return { post, shown: token === null ? null : stored.request.digest };
    },
    async news(requestId, news) {
      const stored = await store.request(requestId);
      const place = stored === null ? null : await store.place(stored.request.conversationId);
      if (stored === null || place === null) return null;
      const view = await views.of(store, stored);
      // A device that is away, or its turn, is on the card.
      if (news.type === 'stillHeld' && !isHeld(view)) return null;
      const secret = await store.fact<string>(maskSecretFact);
      const told = shownOf(stored.request) === 'open' ? news : maskTold(news, keyFor(secret, stored.request));
      return { place, post: newsPost(told, view) };
    },
  };

  /** An older one says what it last said: another stands for the conversation. */
  async function drawBoard({ cardId, conversationId }: Card) {
    const board = conversationId === null ? null : await store.fact<Board>(boardFact(conversationId));
    if (conversationId === null || board?.cardId !== cardId) return null;
    const all = await store.recentRequests({ conversationId }, mostOnBoard);
    const on = all.filter(({ request }) => request.createdAt >= board.since || !isFinal(request.state));
    const [first] = on;
    if (first === undefined) return null;
    const { now, trial } = await views.of(store, first);
    return { post: boardCard(await views.list(store, on), { now, trial }), shown: null };
  }

  /** The thread's card in a private chat is read by its requester alone. */
  async function isAskersOwn({ audience, conversationId }: Card): Promise<boolean> {
    const place = audience === 'thread' && conversationId !== null ? await store.place(conversationId) : null;
    return place?.scope === 'personal';
  }

  /** All who may still vote, as Teams names them; nobody unless every one of them is known, since the others would see no buttons (T-8). */
  async function viewersOf(request: LiveResponseRequest): Promise<readonly string[]> {
    if (request.state !== 'awaitingApproval') return [];
    const voted = new Set(request.votes.map((v) => v.by.id));
    const ids: string[] = [];
    for (const personId of request.approverIds.filter((id) => !voted.has(id))) {
      const place = await store.personalPlace(personId);
      const id = place === null ? null : options.teamsUserIdOf(place);
      if (id === null) return [];
      ids.push(id);
    }
    return ids;
  }
}

/** By a pause, or by a Defender that is full or not to be asked. */
const isHeld = ({ request, pause, queue }: RequestView): boolean =>
  request.state === 'queued' && (pause !== null || ['slot', 'rate', 'defender'].includes(queue?.waitsFor ?? 'nothing'));

/** More than a board lists; the rest is counted. */
const mostOnBoard = 60;

/** What this card asks people to decide; null where nothing is. */
function shownToDecide(request: LiveResponseRequest): string | null {
  if (request.state === 'awaitingApproval') return request.digest;
  return isOffered(request) ? offerShown(request) : null;
}
