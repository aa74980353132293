import type { AuditRow } from '../../audit/chain';

/** For whom or what a request waited, or what worked, between two changes of its state. */
export interface Span {
  readonly state: string;
  readonly label: string;
  readonly from: number;
  readonly to: number;
}

const labels: Readonly<Record<string, string>> = {
  awaitingApproval: 'people to decide',
  queued: 'a free slot',
  submitting: "Defender's answer",
  unknown: 'certainty whether it arrived',
  pending: 'the device',
  running: 'the commands',
};

/** One after the other, from the request on; the last one ends with the request, or at `madeAt` when it has not ended. */
export function spansOf(entries: readonly AuditRow[], madeAt: number): readonly Span[] {
  const first = entries[0];
  if (first === undefined) return [];
  const spans: Span[] = [];
  let state = 'awaitingApproval';
  let from = first.at;
  for (const { at, detail } of entries) {
    if (typeof detail.to !== 'string' || detail.to === state) continue;
    spans.push(spanOf(state, from, at));
    state = detail.to;
    from = at;
  }
  if (state in labels) spans.push(spanOf(state, from, madeAt));
  return spans.filter(({ state: of }) => of in labels);
}

/** A clock that was set back makes no span shorter than nothing. */
const spanOf = (state: string, from: number, to: number): Span => ({
  state,
  label: labels[state] ?? state,
  from,
  to: Math.max(from, to),
});

/** Percent of the whole bar, none so narrow that it cannot be seen; they sum up to 100. */
export function widthsOf(spans: readonly Span[]): readonly number[] {
  const total = spans.reduce((sum, { from, to }) => sum + (to - from), 0);
  const narrowest = 2;
  const raw = spans.map(({ from, to }) => Math.max(narrowest, total === 0 ? narrowest : ((to - from) / total) * 100));
  const sum = raw.reduce((a, b) => a + b, 0);
  return raw.map((width) => Math.round((width / sum) * 10_000) / 100);
}
