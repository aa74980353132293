import type { Draft } from '../chat/draft';
import type { Notice } from '../chat/notices';
import { err, ok, type Result } from '../lib/result';
import { barFor } from '../policy/policy';
import { libraryFileOf } from '../request/command';
import { digestOf } from '../request/digest';
import { newRequestId } from '../request/id';
import type { Device, LibraryFile, RequestBase } from '../request/request';
import { openRequest } from '../request/transition';
import { storeNewRequest } from '../store/apply';
import { StoreError, type Tx } from '../store/store';
import { chooseDeviceCard } from '../thread/choose-device-card';
import type { Refusal } from '../thread/refusals';
import { fitsOneCard } from '../thread/request-card';
import type { Turn } from '../thread/turn';
import { understoodCard } from '../thread/understood-card';
import { type Answer, type FlowOptions, posts } from './answer';

/** A request id has about a million values; a taken one is drawn again, and after these tries one letter longer. */
const idTries = 5;

/** What asking came to: an answer that stores the request, a question back, or a refusal that stores nothing. */
export type Asked = Result<Answer, Refusal>;

/**
 * Draft → request: may they ask, which device is meant, do the files exist, does it fit on one card; then it is stored with its
 * cards in one transaction. `notices` that changed the meaning are shown for confirmation before anything is stored.
 */
export async function ask(
  options: FlowOptions,
  turn: Turn,
  draft: Draft,
  notices: readonly Notice[] = [],
): Promise<Asked> {
  const bar = barFor(options.policy(), turn.person);
  if (!bar.ok) return bar;
  if (notices.length > 0) return ok(posts(understoodCard(draft, notices, { trial: options.trial })));
  const device = await findDevice(options, draft);
  if (!device.ok) return device;
  if (Array.isArray(device.value))
    return ok(posts(chooseDeviceCard(draft, device.value, { now: turn.at, trial: options.trial })));
  const library = await findLibraryFiles(options, draft);
  if (!library.ok) return library;
  return store(options, turn, { draft, device: device.value as Device, library: library.value });
}

/** One device, the several that it may be, or a refusal: never a guess. */
async function findDevice(options: FlowOptions, draft: Draft): Promise<Result<Device | readonly Device[], Refusal>> {
  const devices = await options.defender.findMachines(draft.device);
  const [only, ...others] = devices;
  if (only === undefined) return err({ type: 'unknownDevice', query: draft.device });
  return ok(others.length === 0 ? only : devices);
}

async function findLibraryFiles(options: FlowOptions, draft: Draft): Promise<Result<readonly LibraryFile[], Refusal>> {
  const names = [...new Set(draft.commands.map(libraryFileOf).filter((name) => name !== null))];
  if (names.length === 0) return ok([]);
  const library = await options.defender.listLibrary();
  const found: LibraryFile[] = [];
  for (const name of names) {
    const file = library.find((f) => f.fileName === name);
    if (file === undefined)
      return err({ type: 'unknownLibraryFile', fileName: name, known: library.map((f) => f.fileName) });
    found.push(file);
  }
  return ok(found);
}

function store(
  options: FlowOptions,
  turn: Turn,
  found: { readonly draft: Draft; readonly device: Device; readonly library: readonly LibraryFile[] },
): Asked {
  const policy = options.policy();
  const bar = barFor(policy, turn.person);
  if (!bar.ok) return bar;
  const { draft, device, library } = found;
  const bound = {
    tenantId: turn.tenantId,
    device,
    commands: draft.commands,
    library,
    reason: draft.reason,
    policyVersion: policy.version,
  };
  const base: RequestBase = {
    ...bound,
    id: newRequestId(options.random),
    requester: turn.person,
    approvalsNeeded: bar.value.approvalsNeeded,
    approverIds: bar.value.approverIds,
    // Longer than Defender itself keeps it would promise what nobody holds.
    startWithinMs: Math.min(bar.value.startWithinMs, options.queueMs),
    digest: digestOf(bound),
    conversationId: turn.place.conversationId,
    createdAt: turn.at,
  };
  const decideBy = turn.at + bar.value.decideWithinMs;
  const shown = {
    request: openRequest(base, decideBy).request,
    results: [],
    queue: null,
    now: turn.at,
    trial: options.trial,
  };
  if (!fitsOneCard(shown)) return err({ type: 'doesNotFit' });
  return ok({
    posts: [],
    notice: {
      text: 'Your request is stored and the approvers are asked. Its card in this conversation shows how it goes on.',
    },
    write: async (tx) => {
      await insert(tx, options, base, decideBy);
      return [];
    },
  });
}

async function insert(tx: Tx, options: FlowOptions, base: RequestBase, decideBy: number): Promise<void> {
  for (let tries = 1; ; tries++) {
    const id = tries === 1 ? base.id : newRequestId(options.random, tries > idTries ? 5 : 4);
    try {
      return await storeNewRequest(tx, openRequest({ ...base, id }, decideBy), base.createdAt);
    } catch (error) {
      const isTaken = error instanceof StoreError && error.code === 'store.duplicateId';
      if (!isTaken || tries > 2 * idTries) throw error;
    }
  }
}
