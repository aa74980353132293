import type { Views } from '../dispatch/views';
import type { RandomBytes } from '../lib/random';
import type { News } from '../request/effect';
import type { Place } from '../request/place';
import type { Digest, RequestId } from '../request/request';
import type { Copy, Store } from '../store/store';
import { newsPost } from '../thread/news';
import type { Post } from '../thread/post';
import { requestCard } from '../thread/request-card';
import { hashToken } from './decide';

/** What the outbox sends, made from the request as it is at that moment. */
export interface Render {
  /** Null: nothing to show any more. */
  card(copy: Copy): Promise<{ readonly post: Post; readonly shown: Digest | null } | null>;
  news(requestId: RequestId, news: News): Promise<{ readonly place: Place; readonly post: Post } | null>;
}

/** 24 bytes: nobody guesses one, and each drawing of a card gets its own. */
const tokenBytes = 24;

export function createRender(options: {
  readonly store: Store;
  readonly views: Views;
  readonly random: RandomBytes;
}): Render {
  const { store, views, random } = options;
  return {
    async card(copy) {
      const stored = await store.request(copy.requestId);
      if (stored === null) return null;
      const token =
        stored.request.state === 'awaitingApproval' ? Buffer.from(random(tokenBytes)).toString('base64url') : null;
      const post = requestCard(await views.of(store, stored), { audience: copy.audience, token });
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
}
