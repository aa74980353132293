import { type AuditRow, type ChainHead, genesis } from '../audit/chain';
import type { KeptResult } from '../evidence/keep-result';
import { maskResults } from '../evidence/masked-result';
import { maskKeyOf } from '../mask/marks';
import { isFinal, type LiveResponseRequest, type RequestId } from '../request/request';
import type { Review } from '../request/review';
import { maskSecretFact } from '../store/rows/mask-secret';
import { policyTextOf } from '../store/rows/policy-in-force';
import type { Reader } from '../store/store';
import type { Manifest } from './manifest';
import { sliceLine } from './slice';

/** All that the store knows of one request. */
export interface RequestRecord {
  readonly request: LiveResponseRequest;
  readonly ended: boolean;
  readonly results: readonly KeptResult[];
  /** As the thread showed them: secrets masked, or the output withheld, by the rule of the request. */
  readonly shown: readonly KeptResult[];
  readonly review: Review | null;
  /** Its own entries of the audit, oldest first. */
  readonly entries: readonly AuditRow[];
  /** Null where the text of that version was never kept. */
  readonly policyText: string | null;
}

export interface BundleRecords {
  readonly requests: readonly RequestRecord[];
  readonly slice: string;
  readonly audit: Omit<Manifest['audit'], 'part'>;
}

/** What a bundle of these requests holds of the store, as it is at one instant; the ids that the store does not have come back instead. */
export async function readRecords(
  reader: Reader,
  ids: readonly RequestId[],
): Promise<BundleRecords | { readonly unknown: readonly RequestId[] }> {
  const requests: RequestRecord[] = [];
  const unknown: RequestId[] = [];
  for (const id of ids) {
    const record = await readRecord(reader, id);
    if (record === null) unknown.push(id);
    else requests.push(...(await withBatch(reader, record)));
  }
  if (unknown.length > 0 || requests.length === 0) return { unknown };
  return { requests, ...(await readSliceAround(reader, requests)) };
}

/** A batch with all of its targets that were let go, since they carry its decision; the same for the id of one of them. */
async function withBatch(reader: Reader, record: RequestRecord): Promise<readonly RequestRecord[]> {
  const { target } = record.request;
  const batch = target === undefined ? record : await readRecord(reader, target.of);
  if (batch?.request.batch === undefined) return [record];
  const targets: RequestRecord[] = [];
  for (const { request } of await reader.targets(batch.request.id)) {
    const one = await readRecord(reader, request.id);
    if (one !== null) targets.push(one);
  }
  return [batch, ...targets];
}

async function readRecord(reader: Reader, id: RequestId): Promise<RequestRecord | null> {
  const stored = await reader.request(id);
  if (stored === null) return null;
  const { request } = stored;
  const results = await reader.results(id);
  const secret = await reader.fact<string>(maskSecretFact);
  const key = secret === null ? null : maskKeyOf(secret, request.tenantId, id);
  return {
    request,
    ended: isFinal(request.state),
    results,
    shown: maskResults(results, { shown: request.bar.results ?? 'masked', key }).results,
    review: await reader.review(id),
    entries: await reader.auditRows({ requestId: id }),
    policyText: await policyTextOf(reader, request.policyVersion),
  };
}

/** From the anchor before the first entry of these requests to the one after the last; where there is none, from the chain's beginning and to its end. */
async function readSliceAround(
  reader: Reader,
  requests: readonly RequestRecord[],
): Promise<Pick<BundleRecords, 'slice' | 'audit'>> {
  const own = requests.flatMap(({ entries }) => entries.map(({ seq }) => seq));
  const first = own.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const last = own.reduce((a, b) => Math.max(a, b), 0);
  const [before] = await reader.auditAnchors({ upTo: first });
  const [beyond] = (await reader.auditAnchors({ after: last })).filter(({ seq }) => seq >= last);
  const after: ChainHead = before === undefined ? genesis : { seq: before.seq, hash: before.hash };
  const end = beyond ?? (await reader.auditHead());
  const ids = new Set<string>(requests.map(({ request }) => request.id));
  const lines: string[] = [];
  for (let from = after.seq; from < end.seq; ) {
    const rows = await reader.auditRows({ afterSeq: from, limit: Math.min(rowsAtOnce, end.seq - from) });
    if (rows.length === 0) break;
    for (const row of rows) lines.push(sliceLine(row, ids));
    from = rows.at(-1)?.seq ?? end.seq;
  }
  const anchors = [before, beyond]
    .filter((anchor) => anchor !== undefined)
    .map(({ seq, hash, at }) => ({ seq, hash, at: new Date(at).toISOString() }));
  return { slice: lines.join(''), audit: { after, last: { seq: end.seq, hash: end.hash }, anchors } };
}

const rowsAtOnce = 2_000;
