import { othersOf } from '../../request/doubt/others';
import type { LiveResponseRequest } from '../../request/request';
import type { ClaimedWork } from '../../store/work/claims';
import type { DispatchOptions } from '../options';
import { endWork, retryLater } from './end-work';

/** A cancel of an action that Defender still hides answers 404 for up to two minutes (§1.2); after these tries it surely knows none. */
const cancelTries = 8;

/** Asks Defender to cancel an action, and only one that this request started; what Defender then says of it decides. */
export async function cancelAction(
  options: DispatchOptions,
  row: ClaimedWork,
  request: LiveResponseRequest,
  actionId: string,
): Promise<void> {
  const isOther = othersOf(request).some((other) => other.actionId === actionId);
  if (!isOther && !mayBeCancelled(request, actionId)) return endWork(options, row);
  const why =
    'cancel' in request && request.cancel?.by ? `cancelled by ${request.cancel.by.id}` : 'not started in time';
  const outcome = await options.defender.forPurpose('follow').cancelAction(actionId, `[${request.id}] ${why}`);
  if (outcome.type === 'unknownAction' && row.claims < cancelTries) return retryLater(options, row, outcome.type);
  // What became of another action is read by the next look-up.
  if (isOther) return endWork(options, row);
  switch (outcome.type) {
    case 'accepted':
      return endWork(options, row, { type: 'observed', action: outcome.action });
    case 'refused':
      return endWork(options, row, { type: 'cancelRefused', code: outcome.code });
    case 'unknownAction':
      return endWork(options, row, { type: 'cancelRefused', code: 'NotFound' });
  }
}

/** The action that the request is about, as long as it may not have ended. */
const mayBeCancelled = (request: LiveResponseRequest, actionId: string): boolean =>
  (request.state === 'pending' || request.state === 'running' || request.state === 'unknown') &&
  request.actionId === actionId;
