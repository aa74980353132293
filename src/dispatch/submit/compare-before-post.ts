import type { Defender } from '../../defender/client';
import { DefenderError } from '../../defender/errors';
import { seconds } from '../../lib/clock';
import { exhaustive } from '../../lib/result';
import { findRunbookChanges } from '../../request/ask/runbook-change';
import type { Event } from '../../request/event';
import type { LibraryFile, Queued } from '../../request/request';
import { readApprovedHashes } from '../../store/commit/apply';
import { isPolicySuperseded } from '../../store/rows/policy-in-force';
import { findInDefender, insteadOfPosting } from '../follow/find-in-defender';
import type { DispatchOptions } from '../options';
import { reconsider } from '../reconsider';
import { checkFailed } from './answer-to-post';
import { findChanges, type Now } from './changes';

/** The library as one pass reads it: once, for all whom it lets go. What is compared is as old as `begunAt` (epoch ms). */
export interface LibraryOfPass {
  readonly begunAt: number;
  readonly read: () => Promise<readonly LibraryFile[]>;
}

/** From the beginning of the reading to the intent. What took longer, because Defender, the directory or we were slow, says too little of now; on a slow day reads take some seconds. */
const comparedWithinMs = seconds(10);

/** Whether what was read still says enough of now to be acted on. Instants in epoch ms; one in the future is of a clock that was set back. */
export const isStillFresh = (begunAt: number, now: number): boolean =>
  now >= begunAt && now - begunAt <= comparedWithinMs;

/**
 * An approval is for what its approvers saw, so all of that is read again right before the POST: library, device, policy, groups, and of one
 * that is sent once more whether Defender has it after all. Null: all is as approved; else what happens to the request instead. What
 * cannot be read keeps it waiting.
 */
export async function compareBeforePost(
  options: DispatchOptions,
  request: Queued,
  library: LibraryOfPass,
): Promise<Event | null> {
  const { store, defender, clock } = options;
  try {
    const [found, groups, approved] = await Promise.all([
      readNow(defender, request, library),
      options.groups(),
      readApprovedHashes(store, request.library),
    ]);
    const earlier = await findEarlier(options, request);
    if (earlier !== null) return earlier;
    const changes = [...findChanges(request, found), ...findRunbookChanges(request, options.runbookVersions())];
    if (changes.length > 0) return { type: 'changed', changes }; // guard: changed-content-is-void
    const policy = options.policy();
    if (await isPolicySuperseded(store, policy)) return checkFailed('policy.outrun', clock.now()); // guard: outrun-policy-asks-nothing-again
    const now = reconsider(policy, groups, request, { approved, queueMs: options.queueMs });
    switch (now.type) {
      case 'stands':
        return null;
      case 'unreadable':
        return checkFailed('directory.unreadable', clock.now());
      case 'askAgain':
        return { type: 'askedAgain', because: now.because, terms: now.terms };
      case 'void':
        return { type: 'changed', changes: now.changes };
      default:
        return exhaustive(now);
    }
  } catch (error) {
    if (error instanceof DefenderError) return checkFailed(error.code, clock.now());
    throw error;
  }
}

async function readNow(defender: Defender, request: Queued, library: LibraryOfPass): Promise<Now> {
  const [files, device] = await Promise.all([
    request.library.length > 0 ? readLibrary(defender, request, library) : [],
    defender.getMachine(request.device.machineId),
  ]);
  return { library: files, device };
}

/** The pass's own list is for all; one that lacks a file of this request is asked for again before the file is believed gone. */
async function readLibrary(
  defender: Defender,
  request: Queued,
  library: LibraryOfPass,
): Promise<readonly LibraryFile[]> {
  const names = request.library.map(({ fileName }) => fileName);
  const files = await library.read();
  return names.every((name) => files.some(({ fileName }) => fileName === name)) ? files : defender.listLibrary(names);
}

/** Before it is sent once more it is looked up once more: what turns up is followed instead. */
async function findEarlier({ defender, clock }: DispatchOptions, request: Queued): Promise<Event | null> {
  if (request.inDoubt === undefined) return null;
  const instead = insteadOfPosting(request, await findInDefender(defender.forPurpose('lookUp'), request));
  return instead === 'unread' ? checkFailed('defender.badAnswer', clock.now()) : instead;
}
