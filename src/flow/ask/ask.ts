import type { Draft } from '../../chat/draft';
import type { FormInput } from '../../chat/form';
import type { Notice } from '../../chat/notices';
import { factsOf } from '../../dispatch/reconsider';
import { err, ok, type Result } from '../../lib/result';
import { evaluate, mayAsk } from '../../policy/evaluate';
import { incidentIn } from '../../policy/incident';
import { personKeyOf } from '../../policy/people';
import type { Groups } from '../../policy/policy';
import { digestOf } from '../../request/ask/digest';
import { concernsApprovers, type Finding, preflight, type Wish, weightOf } from '../../request/ask/preflight';
import { newRequestId } from '../../request/id';
import { type Device, type LibraryFile, openStates, type RequestBase } from '../../request/request';
import { openRequest } from '../../request/transition';
import { readApprovedHashes } from '../../store/commit/apply';
import { readKnownRefusals } from '../../store/rows/known-refusals';
import { isPolicySuperseded } from '../../store/rows/policy-in-force';
import { chooseDeviceCard, type FormStep } from '../../thread/ask/choose-device-card';
import { preflightCard } from '../../thread/ask/preflight-card';
import { understoodCard } from '../../thread/ask/understood-card';
import { fitsOneCard } from '../../thread/cards/request-card';
import type { Post } from '../../thread/kit/post';
import { readerOf } from '../../thread/kit/reader';
import type { Turn } from '../../thread/kit/turn';
import type { RequestView } from '../../thread/kit/view';
import type { Refusal } from '../../thread/sentences/refusals';
import type { FlowOptions } from '../answer';
import { askByTag, askMany } from '../ask-many/ask-many';
import { auditRefusal } from '../decide/decide';
import { unknownDevice } from '../show/near';
import { type Asked, type AskOptions, findLibraryFiles, type LibraryFiles, refusing } from './asked';
import { insertWithinCap } from './insert-request';
import { verifyRunbook } from './runbooks';
import { cardUseOf, findUse, useCard } from './used-card';

/**
 * Draft → request: may they ask, which device is meant, do the files exist, does it fit on one card; then it is stored with its
 * cards in one transaction. `notices` that changed the meaning are shown for confirmation before anything is stored.
 */
export async function ask(
  options: FlowOptions,
  turn: Turn,
  draft: Draft,
  notices: readonly Notice[] = [],
  asking: AskOptions = {},
): Promise<Asked> {
  const groups = await options.groups();
  const allowed = mayAsk(options.policy(), groups, turn.person.id);
  if (!allowed.ok) return allowed; // guard: only-requesters-ask-anything
  if (notices.length > 0) return ok({ question: understoodCard(draft, notices, { trial: options.trial }) });
  if (draft.many !== undefined) return askMany(options, turn, draft, { groups, asking });
  const found = await find(options, turn, { draft, groups, form: asking.form ?? null, step: 'ask' });
  if (!found.ok) return found;
  if ('question' in found.value) return (await askByTag(options, turn, draft, { groups, asking })) ?? ok(found.value);
  return store(options, turn, found.value, asking);
}

/** All that a draft names, or a question where several devices may be meant. */
async function find(
  options: FlowOptions,
  turn: Turn,
  { draft, groups, form, step }: Pick<Found, 'draft' | 'groups'> & FormStep,
): Promise<Result<Found | { readonly question: Post }, Refusal>> {
  const devices = await findDevices(options, turn, draft, 'people');
  if (!devices.ok) {
    const { missing } = await findLibraryFiles(options.reads(turn.person, 'people'), draft);
    return refusing([devices.error, ...missing]);
  }
  const [device, ...others] = devices.value;
  if (device === undefined || others.length > 0)
    return ok({
      question: chooseDeviceCard(draft, devices.value, {
        now: turn.at,
        trial: options.trial,
        reader: readerOf(turn),
        form,
        step,
      }),
    });
  return ok({ draft, device, library: await findLibraryFiles(options.reads(turn.person, 'people'), draft), groups });
}

/** What a draft names, without asking anything of anybody; several devices are as unknown as none. */
export async function findDraft(
  options: FlowOptions,
  turn: Turn,
  draft: Draft,
): Promise<Result<{ readonly device: Device; readonly library: readonly LibraryFile[] }, Refusal>> {
  const devices = await findDevices(options, turn, draft, 'browse');
  if (!devices.ok) return devices;
  const [device, ...others] = devices.value;
  if (device === undefined || others.length > 0)
    return err({ type: 'ambiguousDevice', query: draft.device, count: devices.value.length });
  const { found, missing } = await findLibraryFiles(options.reads(turn.person, 'browse'), draft);
  return missing.length === 0 ? ok({ device, library: found }) : refusing(missing);
}

/** Every device that it may be; never a guess. */
async function findDevices(
  options: FlowOptions,
  turn: Turn,
  draft: Draft,
  purpose: 'people' | 'browse',
): Promise<Result<readonly Device[], Refusal>> {
  const devices = await options.reads(turn.person, purpose).findMachines(draft.device);
  return devices.length === 0 ? err(await unknownDevice(options, turn, draft.device)) : ok(devices);
}

/** A request as it would be stored, drawn once and found fit for one card. */
interface Prepared {
  readonly base: RequestBase;
  readonly view: RequestView;
  readonly findings: readonly Finding[];
}

/** The policy says what it needs, and what is known beforehand is looked at; then it is drawn once, and asked only if it can be shown whole. */
async function prepare(options: FlowOptions, turn: Turn, found: Found): Promise<Result<Prepared, Refusal>> {
  const policy = options.policy();
  if (await isPolicySuperseded(options.store, policy)) return err({ type: 'policyOutrun' });
  const { draft, device } = found;
  const library = found.library.found;
  const recipe = verifyRunbook(options, draft);
  if (!recipe.ok) return recipe;
  const wish = { requester: turn.person, device, commands: draft.commands, library, reason: draft.reason };
  const verdict = evaluate(policy, found.groups, factsOf(wish, await readApprovedHashes(options.store, library)));
  const findings = await lookAhead(options, turn, { ...wish, startWithinMs: startWithin(options, verdict) });
  const unfit = findings.filter(({ type }) => weightOf(type) === 'refusal');
  const refusals: readonly Refusal[] = [
    ...unfit.map((finding): Refusal => ({ type: 'unfit', finding })),
    ...found.library.missing,
    ...(verdict.ok || found.library.missing.length > 0 ? [] : [verdict.error]),
  ];
  if (refusals.length > 0) return refusing(refusals); // guard: what-cannot-run-is-not-asked
  if (!verdict.ok) return verdict;
  const { approverIds, decideWithinMs, startWithinMs, ...bar } = verdict.value;
  const runbook = recipe.value === null ? {} : { runbook: recipe.value };
  const bound = { ...wish, ...runbook, tenantId: turn.tenantId, policyVersion: policy.version, bar, round: 1 };
  const incident = incidentIn(policy, draft.reason);
  const base: RequestBase = {
    ...bound,
    ...(incident === null ? {} : { incident }),
    id: newRequestId(options.random),
    requesterKey: personKeyOf(policy, turn.person.id),
    approverIds,
    decideWithinMs,
    // Longer than Defender itself keeps it would promise what nobody holds.
    startWithinMs: Math.min(startWithinMs, options.queueMs),
    emergency: null,
    ...(findings.some(concernsApprovers) ? { findings: findings.filter(concernsApprovers) } : {}),
    digest: digestOf(bound),
    conversationId: turn.place.conversationId,
    createdAt: turn.at,
    askedAtDefender: options.reads(turn.person, 'people').lastDate(),
  };
  const { request } = openRequest(base);
  const { trial } = options;
  const view = { request, results: [], queue: null, pause: null, names: policy.names, now: turn.at, trial };
  if (!fitsOneCard(view)) return err({ type: 'doesNotFit' }); // guard: shown-whole-or-not-asked
  return ok({ base, view, findings });
}

async function store(options: FlowOptions, turn: Turn, found: Found, asking: AskOptions): Promise<Asked> {
  const { draft, device } = found;
  const use = asking.byCard ? cardUseOf(turn, { ...draft, device: device.machineId }) : null;
  const used = await findUse(options.store, use);
  if (used !== null) return err(used);
  const prepared = await prepare(options, turn, found);
  if (!prepared.ok) return prepared;
  const { base, findings } = prepared.value;
  const warnings = findings.filter(({ type }) => weightOf(type) === 'warning');
  if (warnings.length > 0 && asking.warned !== true) {
    const { form = null } = asking;
    const question = preflightCard({ draft, device, findings, form }, { trial: options.trial, reader: readerOf(turn) });
    if (question !== null) return ok({ question });
  }
  return ok({
    store: async (tx) => {
      const made = await useCard(tx, turn, use, () => insertWithinCap(tx, options, base));
      if (!made.ok) await auditRefusal(tx, turn, null, made.error);
      return made;
    },
  });
}

/** What asking would come to, without asking anybody; `question`: which device is meant has to be chosen first. */
export async function preview(
  options: FlowOptions,
  turn: Turn,
  draft: Draft,
  form: FormInput,
): Promise<
  Result<
    | { readonly type: 'question'; readonly post: Post }
    | { readonly type: 'request'; readonly view: Prepared['view']; readonly findings: readonly Finding[] },
    Refusal
  >
> {
  const groups = await options.groups();
  const allowed = mayAsk(options.policy(), groups, turn.person.id);
  if (!allowed.ok) return allowed; // guard: only-requesters-see-previews
  const found = await find(options, turn, { draft, groups, form, step: 'preview' });
  if (!found.ok) return found;
  if ('question' in found.value) return ok({ type: 'question', post: found.value.question });
  const prepared = await prepare(options, turn, found.value);
  return prepared.ok ? ok({ type: 'request', view: prepared.value.view, findings: prepared.value.findings }) : prepared;
}

interface Found {
  readonly draft: Draft;
  readonly device: Device;
  readonly library: LibraryFiles;
  readonly groups: Groups;
}

const startWithin = (options: FlowOptions, verdict: ReturnType<typeof evaluate>): number =>
  verdict.ok ? Math.min(verdict.value.startWithinMs, options.queueMs) : options.queueMs;

/** What is known about the device and the queue before anybody is asked to approve. */
async function lookAhead(options: FlowOptions, turn: Turn, wish: Wish): Promise<readonly Finding[]> {
  const { store, views } = options;
  const { machineId } = wish.device;
  const { positions } = await views.plan(store);
  const expected = [...positions.values()].map(({ expectedAt }) => expectedAt).filter((at) => at !== null);
  return preflight(wish, {
    knownRefusals: await readKnownRefusals(store, wish.device),
    open: (
      await store.recentRequests(
        { tenantId: turn.tenantId, machineId, states: [...openStates, 'unconfirmed'] },
        mostOpen,
      )
    ).map(({ request }) => request),
    queue: { waiting: positions.size, lastAt: expected.length === 0 ? null : Math.max(...expected) },
    now: turn.at,
  });
}

/** More open requests on one device than a finding would name. */
const mostOpen = 5;
