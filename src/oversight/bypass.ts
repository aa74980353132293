import type { MachineAction } from '../defender/client';
import { minutes } from '../lib/clock';
import { readMarker } from '../request/ask/digest';
import { othersOf } from '../request/doubt/others';
import type { LiveResponseRequest } from '../request/request';

/** Why an action of our identity is no work of ours. */
export type BypassKind =
  /** Its comment does not begin with a marker, as the comment of each submission of ours does. */
  | 'noMarker'
  /** It carries the marker of a request that is not in our store. */
  | 'unknownRequest'
  /** It carries the marker of a request of ours, which has another action or none. */
  | 'otherAction';

/** What one action in Defender's list is to us. `unsure` is looked at again. */
export type Standing =
  | { readonly type: 'foreign' | 'ours' | 'unsure' }
  | { readonly type: 'bypass'; readonly kind: BypassKind };

/** An action is listed before its id is stored, and the start of a submission may be a commit of another replica. */
const tooYoungMs = minutes(5);

/**
 * Compares an action with the journal (T-23). A marker alone proves nothing, since everybody who may read comments can copy it: only the
 * action id that was stored for the request makes an action ours.
 */
export function judgeAction(
  action: Pick<MachineAction, 'actionId' | 'requestor' | 'comment' | 'createdAt'>,
  known: {
    /** By which Defender may call this app: its client id, its name; in lower case. */
    readonly ownNames: ReadonlySet<string>;
    /** The request that its marker names, when it names one that is stored. */
    readonly request: LiveResponseRequest | null;
    readonly now: number;
  },
): Standing {
  const { request } = known;
  if (request !== null && actionIdsOf(request).includes(action.actionId)) return { type: 'ours' }; // guard: our-actions-raise-no-alarm
  if (action.requestor === null || !known.ownNames.has(action.requestor.toLowerCase())) return { type: 'foreign' };
  if (known.now - action.createdAt < tooYoungMs) return { type: 'unsure' }; // guard: young-actions-raise-no-alarm
  if (readMarker(action.comment) === null) return { type: 'bypass', kind: 'noMarker' };
  if (request === null) return { type: 'bypass', kind: 'unknownRequest' };
  if (isUnclear(request)) return { type: 'unsure' }; // guard: unclear-submissions-raise-no-alarm
  return { type: 'bypass', kind: 'otherAction' };
}

/** The actions that the journal knows for a request: the one that is followed, and every other that carries its id. */
export const actionIdsOf = (request: LiveResponseRequest): readonly string[] => [
  ...('actionId' in request && request.actionId !== null ? [request.actionId] : []),
  ...othersOf(request).map(({ actionId }) => actionId),
];

/** One of its submissions may have arrived and is being looked for: the action may be that one. */
const isUnclear = (request: LiveResponseRequest): boolean =>
  request.state === 'submitting' || ('inDoubt' in request && request.inDoubt !== undefined);
