import { hours } from '../lib/clock';
import type { ChainHead } from './chain';

/** A head of the chain that was handed out to be kept where whoever can write the store cannot reach it (T-40). */
export interface Anchor extends ChainHead {
  readonly at: number;
}

/** A tail that was cut is found from the next day on. */
const anchorEveryMs = hours(24);

/** At once when there is none yet. */
export const anchorDueAt = (last: Anchor | null, now: number): number =>
  last === null ? now : last.at + anchorEveryMs;

/** As people keep it and as `audit verify --anchor` takes it. */
export const formatAnchor = ({ seq, hash }: ChainHead): string => `${hash}:${seq}`;

/** The anchors in a text, such as a copy of the channel's posts; what stands between them does not matter. */
export const readAnchors = (text: string): readonly ChainHead[] =>
  [...text.matchAll(/(?<![0-9a-f])([0-9a-f]{64}):(\d{1,15})(?!\d)/gi)].map(([, hash = '', seq]) => ({
    seq: Number(seq),
    hash: hash.toLowerCase(),
  }));

/** The daily post; one paragraph a line. */
export const anchorText = ({ seq, hash, at }: Anchor): string =>
  [
    `Audit anchor of ${new Date(at).toISOString().slice(0, 10)}: ${seq} ${seq === 1 ? 'entry' : 'entries'} so far.`,
    formatAnchor({ seq, hash }),
    'Please keep this message. Whoever can write the database can cut off or rewrite the audit, but not so that it still fits the line above: npm run audit -- verify checks that.',
  ].join('\n');
