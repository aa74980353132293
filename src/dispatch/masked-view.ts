import { maskResults } from '../evidence/masked-result';
import { type MaskKey, maskKeyOf, maskWords } from '../mask/marks';
import type { LiveResponseRequest, RequestId } from '../request/request';
import type { ResultsShown } from '../request/votes/bar';
import type { RequestView } from '../thread/kit/view';

/** How secrets of a request are shown, by its rule as it stood at the approval. */
export const shownOf = ({ bar }: Pick<LiveResponseRequest, 'bar'>): ResultsShown => bar.results ?? 'masked';

/** The key of a request's marks; null while the store has no secret to make one from: marks then have no tag. */
export const keyFor = (
  secret: string | null,
  { tenantId, id }: { readonly tenantId: string; readonly id: RequestId },
): MaskKey | null => (secret === null ? null : maskKeyOf(secret, tenantId, id));

/**
 * The view without secrets: of results, and of what people and devices call things. What is being approved shows its reason, its device and its
 * commands whole, since approvers decide about them; commands are never masked.
 */
export function maskView(view: RequestView, secret: string | null): RequestView {
  const shown = shownOf(view.request);
  if (shown === 'open') return view;
  const key = keyFor(secret, view.request);
  const { results, masked } = maskResults(view.results, { shown, key });
  return {
    ...view,
    request: maskRequest(view.request, key),
    results,
    ...(masked === null ? {} : { masked }),
    ...(shown === 'private' ? { isPrivate: true as const } : {}),
  };
}

/** What people wrote and named, wherever it is told; ids, hashes and commands stay. */
export const maskTold = <T>(told: T, key: MaskKey | null): T => maskFields(told, key) as T;

function maskRequest(request: LiveResponseRequest, key: MaskKey | null): LiveResponseRequest {
  const { commands, library, bar, digest } = request;
  const told = { ...maskTold(request, key), commands, library, bar, digest };
  if (request.state !== 'awaitingApproval') return told;
  const { reason, device, requester, batch } = request;
  return { ...told, reason, device, requester, ...(batch === undefined ? {} : { batch }) } as LiveResponseRequest;
}

const worded = new Set(['reason', 'why', 'text', 'name', 'message', 'incident', 'groupName', 'tags', 'errors']);

function maskFields(value: unknown, key: MaskKey | null, isWorded = false): unknown {
  if (typeof value === 'string') return isWorded ? maskWords(value, key) : value;
  if (Array.isArray(value)) return value.map((one) => maskFields(one, key, isWorded));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, maskFields(one, key, worded.has(name))]));
}
