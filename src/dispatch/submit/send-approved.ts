import type { RequestId } from '../../request/request';
import { applyEvent } from '../../store/commit/apply';
import type { DispatchOptions } from '../options';
import { compareBeforePost, type LibraryOfPass } from './compare-before-post';
import { postOnce } from './post-once';
import { writeIntent } from './write-intent';

/**
 * The whole way of one approved request to Defender, so that whoever is called at night reads it here: what would run is compared with what
 * was approved, the intent is written with its claim, the POST goes once, its answer is recorded. Whatever dies in between is found as an
 * intent without an answer, and looked up (durable.md §0).
 */
export async function sendApproved(options: DispatchOptions, id: RequestId, library: LibraryOfPass): Promise<void> {
  const { store, clock } = options;
  const request = (await store.request(id))?.request;
  if (request?.state !== 'queued') return;
  const instead = await compareBeforePost(options, request, library);
  if (instead !== null)
    return store.transact(async (tx) => {
      // Only while it is still queued: by now another replica may have sent it, and what is in flight is not ours to judge.
      const stored = await tx.request(id);
      if (stored?.request.state === 'queued') await applyEvent(tx, stored, instead, 'bot', clock.now());
    });
  const claims = await writeIntent(options, request, library.begunAt);
  await Promise.all(claims.map((claim) => postOnce(options, claim)));
}
