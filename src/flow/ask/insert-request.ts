import { err, ok, type Result } from '../../lib/result';
import { newRequestId } from '../../request/id';
import type { RequestBase, RequestId } from '../../request/request';
import { openRequest } from '../../request/transition';
import { storeNewRequest } from '../../store/commit/apply';
import type { Tx } from '../../store/store';
import { StoreError } from '../../store/store-error';
import type { Refusal } from '../../thread/sentences/refusals';
import type { FlowOptions } from '../answer';
import { findTooMany } from './open-requests';

/** A request id has about a million values; a taken one is drawn again, and after these tries one letter longer. */
const idTries = 5;

/** Counted in the transaction that stores it, so that two at once stay within it together. */
export async function insertWithinCap(
  tx: Tx,
  options: FlowOptions,
  base: RequestBase,
): Promise<Result<RequestId, Refusal>> {
  const tooMany = await findTooMany(tx, options, base);
  return tooMany === null ? ok(await insert(tx, options, base)) : err(tooMany); // guard: open-requests-are-capped
}

async function insert(tx: Tx, options: FlowOptions, base: RequestBase): Promise<RequestId> {
  for (let tries = 1; ; tries++) {
    const id = tries === 1 ? base.id : newRequestId(options.random, tries > idTries ? 5 : 4);
    try {
      await storeNewRequest(tx, openRequest({ ...base, id }), base.createdAt);
      return id;
    } catch (error) {
      const isTaken = error instanceof StoreError && error.code === 'store.duplicateId';
      if (!isTaken || tries > 2 * idTries) throw error;
    }
  }
}
