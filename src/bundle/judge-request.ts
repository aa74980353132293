import { createHash } from 'node:crypto';
import { z } from 'zod/v4';
import { type Bound, canonicalText } from '../request/ask/digest';
import { isFinal, type State, type Vote } from '../request/request';
import type { RequestBar } from '../request/votes/bar';
import { tally } from '../request/votes/tally';
import { canonicalText as canonicalJson, type LeftOut, type Manifest, readCanonical } from './manifest';
import type { OwnEntry } from './slice';

export type RequestFault =
  | {
      readonly fault:
        | 'unreadable'
        | 'otherThanManifest'
        | 'firstEntry'
        | 'lastEntry'
        | 'digest'
        | 'state'
        | 'notEnoughVotes'
        | 'batch';
    }
  | { readonly fault: 'shown'; readonly round: number }
  | { readonly fault: 'vote'; readonly by: string }
  | { readonly fault: 'result'; readonly index: number };

const Text = z.string();
const VoteSchema = z.looseObject({
  by: z.looseObject({ id: Text }),
  decision: z.enum(['approve', 'deny']),
  digest: Text,
  personKey: Text,
  groups: z.array(Text),
});
/** As much of a stored request as is recomputed; the rest is for people. */
const RequestSchema = z.looseObject({
  id: Text,
  state: Text,
  digest: Text,
  tenantId: Text,
  requester: z.looseObject({ id: Text }),
  requesterKey: Text,
  approverIds: z.array(Text),
  device: z.looseObject({ machineId: Text, name: Text, tags: z.array(Text) }),
  commands: z.array(z.looseObject({ type: Text })),
  library: z.array(z.looseObject({ fileName: Text, sha256: Text })),
  bar: z.looseObject({
    seats: z.array(z.looseObject({ group: Text, count: z.number() })),
    approvalsNeeded: z.number(),
  }),
  votes: z.array(VoteSchema),
  approvedAt: z.number().optional(),
  target: z.looseObject({ of: Text, number: z.number() }).optional(),
  batch: z.looseObject({ devices: z.array(z.looseObject({ machineId: Text })) }).optional(),
});

type Stored = z.infer<typeof RequestSchema>;
type Named = Manifest['requests'][number];

/** Where the parts of one request lie. */
export const partsOf = (folder: string) => ({
  request: `${folder}/request.json`,
  shown: (round: number) => `${folder}/shown-${round}.json`,
});

/** Recomputes what a request, its votes, the texts that were shown and its results say of each other and of the audit. */
export async function judgeRequest(
  named: Named,
  given: {
    readonly manifest: Manifest;
    readonly entries: readonly OwnEntry[];
    readonly read: (name: string) => Promise<Buffer>;
  },
): Promise<readonly RequestFault[]> {
  const { manifest, read } = given;
  const places = partsOf(named.folder);
  const isListed = (name: string): boolean => manifest.parts.some((part) => part.name === name);
  const parsed = isListed(places.request) ? RequestSchema.safeParse(readCanonical(await read(places.request))) : null;
  if (!parsed?.success) return [{ fault: 'unreadable' }];
  const request = parsed.data;
  const entries = given.entries.filter(({ requestId }) => requestId === named.id);
  const faults: RequestFault[] = [];
  if (
    request.id !== named.id ||
    request.state !== named.state ||
    request.digest !== named.digest ||
    isFinal(request.state as State) !== named.ended
  )
    faults.push({ fault: 'otherThanManifest' }); // guard: bundle-names-its-request
  const first = entries[0];
  if (first?.what !== firstWord(request) || first.seq !== named.firstEntry) faults.push({ fault: 'firstEntry' }); // guard: slice-holds-the-first-entry
  if (entries.at(-1)?.seq !== named.lastEntry) faults.push({ fault: 'lastEntry' }); // guard: slice-holds-the-last-entry
  if (stateIn(entries, request) !== request.state) faults.push({ fault: 'state' }); // guard: state-is-the-audited-one
  if (request.target === undefined) {
    faults.push(...(await judgeShown(request, { entries, isListed, places, read })));
    faults.push(...judgeVotes(request, entries));
  }
  const isTrue = request.target === undefined || (await isOfItsBatch(request, given));
  if (!isTrue) faults.push({ fault: 'batch' }); // guard: target-carries-its-batch
  faults.push(...judgeResults(named, { entries, manifest }));
  return faults;
}

/** The state that the last entry with one led to; a target begins approved. */
const stateIn = (entries: readonly OwnEntry[], { target }: Stored): string =>
  entries.reduce(
    (state, { detail }) => (typeof detail.to === 'string' ? detail.to : state),
    target === undefined ? 'awaitingApproval' : 'queued',
  );

const firstWord = ({ target }: Stored): string => (target === undefined ? 'requested' : 'targetLetGo');

/** A target was decided with its batch: digest and votes are the batch's, which is judged itself, and its device is the one of its number. */
async function isOfItsBatch(
  { id, target, digest, votes, device }: Stored,
  { manifest, read }: { readonly manifest: Manifest; readonly read: (name: string) => Promise<Buffer> },
): Promise<boolean> {
  const of = manifest.requests.find((one) => one.id === target?.of);
  if (of === undefined || target === undefined || id !== `${of.id}.${target.number}`) return false;
  const batch = RequestSchema.safeParse(readCanonical(await read(partsOf(of.folder).request)));
  return (
    batch.success &&
    batch.data.target === undefined &&
    batch.data.digest === digest &&
    canonicalJson(batch.data.votes) === canonicalJson(votes) &&
    batch.data.batch?.devices[target.number - 1]?.machineId === device.machineId
  );
}

async function judgeShown(
  request: Stored,
  given: {
    readonly entries: readonly OwnEntry[];
    readonly isListed: (name: string) => boolean;
    readonly places: ReturnType<typeof partsOf>;
    readonly read: (name: string) => Promise<Buffer>;
  },
): Promise<readonly RequestFault[]> {
  const faults: RequestFault[] = [];
  const shown = given.entries.filter(({ what }) => what === 'shown');
  for (const [i, { detail }] of shown.entries()) {
    const text = typeof detail.canonicalText === 'string' ? detail.canonicalText : '';
    const name = given.places.shown(i + 1);
    const part = given.isListed(name) ? await given.read(name) : Buffer.alloc(0);
    const isTrue = sha256(text) === detail.digest && part.equals(Buffer.from(text));
    if (!isTrue) faults.push({ fault: 'shown', round: i + 1 }); // guard: digest-is-of-the-shown-text
  }
  const text = boundText(request);
  if (text === null || sha256(text) !== request.digest || shown.at(-1)?.detail.digest !== request.digest)
    faults.push({ fault: 'digest' }); // guard: digest-is-of-this-request
  return faults;
}

function boundText(request: Stored): string | null {
  try {
    return canonicalText(request as unknown as Bound);
  } catch {
    return null;
  }
}

const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');

/** Each vote by somebody who was asked, over the digest of the request, and audited as what it is; enough of them for what then ran. */
function judgeVotes(request: Stored, entries: readonly OwnEntry[]): readonly RequestFault[] {
  const faults: RequestFault[] = [];
  for (const vote of request.votes) {
    const isOther = vote.by.id !== request.requester.id && vote.personKey !== request.requesterKey;
    const wasAsked = request.approverIds.includes(vote.by.id);
    const isAudited = entries.some(
      ({ what, actor, detail }) =>
        (what === 'voted' || what === 'votedToResend') &&
        actor === vote.by.id &&
        detail.decision === vote.decision &&
        detail.shown === vote.digest,
    );
    if (!isOther || !wasAsked || !isAudited || vote.digest !== request.digest)
      faults.push({ fault: 'vote', by: vote.by.id }); // guard: bundle-votes-are-audited
  }
  const approvals = request.votes.filter(({ decision }) => decision === 'approve') as unknown as readonly Vote[];
  const isMet = request.approvedAt === undefined || tally(request.bar as unknown as RequestBar, approvals).met;
  if (!isMet) faults.push({ fault: 'notEnoughVotes' }); // guard: bundle-votes-meet-the-bar
  return faults;
}

/** Whatever the audit says was brought back is in the bundle, or is listed as left out, under the same hash. */
function judgeResults(
  named: Named,
  { entries, manifest }: { readonly entries: readonly OwnEntry[]; readonly manifest: Manifest },
): readonly RequestFault[] {
  const own = (title: string): boolean => title.startsWith(`${named.folder}/`);
  const known = new Set([
    ...manifest.parts.filter(({ name }) => own(name)).map(({ sha256: hash }) => hash),
    ...manifest.leftOut.filter(({ request }: LeftOut) => request === named.id).map(({ sha256: hash }) => hash),
  ]);
  const last = new Map<number, OwnEntry>();
  for (const entry of entries) if (entry.what === 'result') last.set(Number(entry.detail.index), entry);
  const faults: RequestFault[] = [];
  for (const [index, { detail }] of last) {
    const hashes = [detail.rawSha256, detail.fileSha256].filter((hash) => typeof hash === 'string');
    if (!hashes.every((hash) => known.has(hash))) faults.push({ fault: 'result', index }); // guard: results-are-the-audited-ones
  }
  return faults;
}
