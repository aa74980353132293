import type { Draft, ManyDevices } from '../../chat/draft';
import { factsOf } from '../../dispatch/reconsider';
import { err, ok, type Result } from '../../lib/result';
import { personKeyOf } from '../../policy/people';
import { type DevicesSpec, devicesOf, type Groups, type Policy } from '../../policy/policy';
import { digestOf } from '../../request/ask/digest';
import { noDevice } from '../../request/ask/no-device';
import { type Batch, deviceOf } from '../../request/batch/batch';
import { newRequestId } from '../../request/id';
import { openStates, type RequestBase, type RequestId } from '../../request/request';
import { openRequest } from '../../request/transition';
import { readApprovedHashes } from '../../store/commit/apply';
import { isPolicySuperseded } from '../../store/rows/policy-in-force';
import type { Tx } from '../../store/store';
import { confirmBatchCard } from '../../thread/batch/confirm-batch-card';
import { fitsOneCard } from '../../thread/cards/request-card';
import type { Turn } from '../../thread/kit/turn';
import type { Refusal } from '../../thread/sentences/refusals';
import type { FlowOptions } from '../answer';
import { type Asked, type AskOptions, findLibraryFiles, refusing } from '../ask/asked';
import { insertWithinCap } from '../ask/insert-request';
import { cardUseOf, findUse, useCard } from '../ask/used-card';
import { auditRefusal } from '../decide/decide';
import { freeze, type Sifted, sift } from './sift';

interface Asking {
  readonly groups: Groups;
  readonly asking: AskOptions;
}

/** A tag that several devices have is a batch where a rule allows one; null: it is a question which of them is meant. */
export async function askByTag(options: FlowOptions, turn: Turn, draft: Draft, asked: Asking): Promise<Asked | null> {
  if (!/^tag:/i.test(draft.device) || !allowsAny(options.policy())) return null;
  const many = { queries: [draft.device], heading: null, column: null, canaries: null, stopAt: null };
  return askMany(options, turn, { ...draft, many }, asked);
}

const allowsAny = ({ rules }: Policy): boolean =>
  rules.some(({ outcome }) => outcome.type === 'approve' && outcome.bar.devices !== undefined);

/**
 * Many devices under one decision: everything that is named is looked up, what cannot be in it is told with its reason, and the requester confirms the
 * frozen list before anybody is asked. The confirmation names devices by their id, and the same checks are made again on it.
 */
export async function askMany(
  options: FlowOptions,
  turn: Turn,
  draft: Draft,
  { groups, asking }: Asking,
): Promise<Asked> {
  const { many } = draft;
  if (many === undefined) throw new TypeError('The draft names one device.');
  const use = asking.byCard ? cardUseOf(turn, draft) : null;
  const used = await findUse(options.store, use);
  if (used !== null) return err({ ...used });
  const policy = options.policy();
  if (await isPolicySuperseded(options.store, policy)) return err({ type: 'policyOutrun' });
  const reads = options.reads(turn.person, 'people');
  const found = await reads.findMany(many.heading === null ? many.queries : [...many.queries, many.heading]);
  const { found: library, missing } = await findLibraryFiles(reads, draft);
  if (missing.length > 0) return refusing(missing);
  const { commands, reason } = draft;
  const wish = factsOf(
    { requester: turn.person, device: noDevice, commands, library, reason },
    await readApprovedHashes(options.store, library),
  );
  const sifted = sift(many, found, { policy, groups, wish, now: turn.at });
  const frozen = freezeSifted(policy, sifted, many);
  if (!frozen.ok) return err({ type: 'batch', refusal: frozen.error });
  const { batch, spec } = frozen.value;
  const base = baseOf(options, turn, { draft, library, batch, sifted, policy });
  const { request } = openRequest(base);
  const { trial } = options;
  const view = { request, results: [], queue: null, pause: null, names: policy.names, now: turn.at, trial };
  if (!fitsOneCard(view)) return err({ type: 'doesNotFit' });
  const isConfirmed = asking.warned === true && isFrozen(many, batch, sifted);
  if (!isConfirmed)
    return ok({ question: confirmBatchCard({ draft, base, leftOut: sifted.leftOut }, { trial, now: turn.at }) }); // guard: requester-confirms-the-list
  return ok({
    store: async (tx) => {
      const made = await useCard(tx, turn, use, () => insertBatch(tx, options, base, spec));
      if (!made.ok) await auditRefusal(tx, turn, null, made.error);
      return made;
    },
  });
}

/** The confirmation named exactly these devices, and nothing of it has to be left out now. */
const isFrozen = ({ queries }: ManyDevices, { devices }: Batch, { leftOut }: Sifted): boolean =>
  leftOut.length === 0 && String(queries) === String(devices.map(({ machineId }) => machineId));

function freezeSifted(
  policy: Policy,
  { devices, bar, leftOut }: Sifted,
  many: ManyDevices,
): Result<{ readonly batch: Batch; readonly spec: DevicesSpec }, Extract<Refusal, { type: 'batch' }>['refusal']> {
  if (bar === null) return err({ type: 'nothingLeft', leftOut });
  const spec = devicesOf(policy, bar.rule);
  if (spec === null) return err({ type: 'notAllowed', rule: bar.rule }); // guard: batches-are-off-unless-allowed
  if (devices.length > spec.most)
    return err({ type: 'tooMany', count: devices.length, most: spec.most, rule: bar.rule }); // guard: no-batch-above-most
  const batch = freeze(devices, spec, many);
  return batch.ok ? ok({ batch: batch.value, spec }) : batch;
}

function baseOf(
  options: FlowOptions,
  turn: Turn,
  given: {
    readonly draft: Draft;
    readonly library: RequestBase['library'];
    readonly batch: Batch;
    readonly sifted: Sifted;
    readonly policy: Policy;
  },
): RequestBase {
  const { draft, library, batch, sifted, policy } = given;
  if (sifted.bar === null) throw new TypeError('No rule is for these devices.');
  const { approverIds, decideWithinMs, startWithinMs, ...asked } = sifted.bar;
  // No break-glass for a batch: nobody reads forty devices alone in a hurry.
  const bar = { ...asked, breakGlassIds: [], ownerIds: [] };
  const bound = {
    tenantId: turn.tenantId,
    requester: turn.person,
    device: deviceOf(batch, batch.order[0] ?? 1),
    batch,
    commands: draft.commands,
    library,
    reason: draft.reason,
    policyVersion: policy.version,
    bar,
    round: 1,
  };
  return {
    ...bound,
    id: newRequestId(options.random),
    requesterKey: personKeyOf(policy, turn.person.id),
    approverIds,
    decideWithinMs,
    startWithinMs: Math.min(startWithinMs, options.queueMs),
    emergency: null,
    digest: digestOf(bound),
    conversationId: turn.place.conversationId,
    createdAt: turn.at,
    askedAtDefender: options.reads(turn.person, 'people').lastDate(),
  };
}

/** Counted in the transaction that stores it, like every open request, and by itself. */
async function insertBatch(
  tx: Tx,
  options: FlowOptions,
  base: RequestBase,
  { open: most }: DevicesSpec,
): Promise<Result<RequestId, Refusal>> {
  const { tenantId, requester } = base;
  await tx.lockFact(`openBatches.${tenantId}.${base.requesterKey}`);
  const open = await tx.recentRequests({ tenantId, requesterId: requester.id, states: openStates }, 1_000);
  const ids = open.filter(({ request }) => request.batch !== undefined).map(({ request }) => request.id);
  if (ids.length >= most) return err({ type: 'batch', refusal: { type: 'batchOpen', ids, most } });
  return insertWithinCap(tx, options, base);
}
