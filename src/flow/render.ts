import type { Views } from '../dispatch/views';
import type { RandomBytes } from '../lib/random';
import type { News } from '../request/effect';
import type { Place } from '../request/place';
import type { Digest, LiveResponseRequest, RequestId } from '../request/request';
import type { Copy, Store } from '../store/store';
import { newsPost } from '../thread/news';
import type { Post } from '../thread/post';
import { replacedPost } from '../thread/replaced-post';
import { requestCard } from '../thread/request-card';
import { hashToken, newToken } from './decide';

/** What the outbox sends, made from the request as it is at that moment. */
export interface Render {
  /** Null: nothing to show any more. */
  card(copy: Copy): Promise<{ readonly post: Post; readonly shown: Digest | null } | null>;
  /** `place` is the conversation of the request. */
  news(requestId: RequestId, news: News): Promise<{ readonly place: Place; readonly post: Post } | null>;
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
      // A reader's card has no token, wherever it is: who asked for it may show it to anybody.
      const takesVotes = copy.audience !== 'reader' && stored.request.state === 'awaitingApproval'; // guard: reader-card-takes-no-vote
      const token = takesVotes ? newToken(random) : null;
      const audience = copy.audience === 'approver' ? 'approver' : 'thread';
      const viewerIds = copy.audience === 'thread' ? await viewersOf(stored.request) : [];
      const post = requestCard(await views.of(store, stored), { audience, token, viewerIds });
      if (token !== null) {
        const { digest, id } = stored.request;
        await store.transact((tx) =>
          tx.addVoteToken({ tokenHash: hashToken(token), requestId: id, copyId: copy.copyId, digest }),
        );
      }
      return { post, shown: token === null ? null : stored.request.digest };
    },
    async news(requestId, news) {
      const stored = await store.request(requestId);
      const place = stored === null ? null : await store.place(stored.request.conversationId);
      if (stored === null || place === null) return null;
      return { place, post: newsPost(news, await views.of(store, stored)) };
    },
  };

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
