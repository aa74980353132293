import type { Draft } from '../chat/draft';
import type { Notice } from '../chat/notices';
import { factsOf } from '../dispatch/reconsider';
import { err, ok, type Result } from '../lib/result';
import { evaluate, mayAsk } from '../policy/evaluate';
import { personKeyOf } from '../policy/people';
import type { Groups } from '../policy/policy';
import { libraryFileOf } from '../request/command';
import { digestOf } from '../request/digest';
import { newRequestId } from '../request/id';
import type { Device, LibraryFile, RequestBase } from '../request/request';
import { openRequest } from '../request/transition';
import { readApprovedHashes, storeNewRequest } from '../store/apply';
import { isOutrun } from '../store/policy-in-force';
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
  const groups = await options.groups();
  const allowed = mayAsk(options.policy(), groups, turn.person.id);
  if (!allowed.ok) return allowed; // guard: only-requesters-ask-anything
  if (notices.length > 0) return ok(posts(understoodCard(draft, notices, { trial: options.trial })));
  const devices = await findDevices(options, draft);
  if (!devices.ok) return devices;
  const [device, ...others] = devices.value;
  if (device === undefined || others.length > 0)
    return ok(posts(chooseDeviceCard(draft, devices.value, { now: turn.at, trial: options.trial })));
  const library = await findLibraryFiles(options, draft);
  if (!library.ok) return library;
  return store(options, turn, { draft, device, library: library.value, groups });
}

/** What a draft names, without asking anything of anybody; several devices are as unknown as none. */
export async function findDraft(
  options: FlowOptions,
  draft: Draft,
): Promise<Result<{ readonly device: Device; readonly library: readonly LibraryFile[] }, Refusal>> {
  const devices = await findDevices(options, draft);
  if (!devices.ok) return devices;
  const [device, ...others] = devices.value;
  if (device === undefined || others.length > 0)
    return err({ type: 'ambiguousDevice', query: draft.device, count: devices.value.length });
  const library = await findLibraryFiles(options, draft);
  return library.ok ? ok({ device, library: library.value }) : library;
}

/** Every device that it may be; never a guess. */
async function findDevices(options: FlowOptions, draft: Draft): Promise<Result<readonly Device[], Refusal>> {
  const devices = await options.defender.findMachines(draft.device);
  return devices.length === 0 ? err({ type: 'unknownDevice', query: draft.device }) : ok(devices);
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

/** The policy says what it needs; then it is drawn once, and stored only if it can be shown whole. */
async function store(options: FlowOptions, turn: Turn, found: Found): Promise<Asked> {
  const policy = options.policy();
  if (await isOutrun(options.store, policy)) return err({ type: 'policyOutrun' });
  const { draft, device, library } = found;
  const wish = { requester: turn.person, device, commands: draft.commands, library, reason: draft.reason };
  const verdict = evaluate(policy, found.groups, factsOf(wish, await readApprovedHashes(options.store, library)));
  if (!verdict.ok) return verdict;
  const { approverIds, decideWithinMs, startWithinMs, ...bar } = verdict.value;
  const bound = { ...wish, tenantId: turn.tenantId, policyVersion: policy.version, bar, round: 1 };
  const base: RequestBase = {
    ...bound,
    id: newRequestId(options.random),
    requesterKey: personKeyOf(policy, turn.person.id),
    approverIds,
    decideWithinMs,
    // Longer than Defender itself keeps it would promise what nobody holds.
    startWithinMs: Math.min(startWithinMs, options.queueMs),
    emergency: null,
    digest: digestOf(bound),
    conversationId: turn.place.conversationId,
    createdAt: turn.at,
  };
  const { request } = openRequest(base);
  const { trial } = options;
  const view = { request, results: [], queue: null, pause: null, names: policy.names, now: turn.at, trial };
  if (!fitsOneCard(view)) return err({ type: 'doesNotFit' }); // guard: shown-whole-or-not-asked
  return ok({
    posts: [],
    notice: {
      text: 'Your request is stored and the approvers are asked. Its card in this conversation shows how it goes on.',
    },
    write: async (tx) => {
      await insert(tx, options, base);
      return [];
    },
  });
}

interface Found {
  readonly draft: Draft;
  readonly device: Device;
  readonly library: readonly LibraryFile[];
  readonly groups: Groups;
}

async function insert(tx: Tx, options: FlowOptions, base: RequestBase): Promise<void> {
  for (let tries = 1; ; tries++) {
    const id = tries === 1 ? base.id : newRequestId(options.random, tries > idTries ? 5 : 4);
    try {
      return await storeNewRequest(tx, openRequest({ ...base, id }), base.createdAt);
    } catch (error) {
      const isTaken = error instanceof StoreError && error.code === 'store.duplicateId';
      if (!isTaken || tries > 2 * idTries) throw error;
    }
  }
}
