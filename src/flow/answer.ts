import { DefenderError, defenderSentences } from '../defender/errors';
import type { Views } from '../dispatch/views';
import type { Clock } from '../lib/clock';
import type { Log } from '../lib/log';
import type { RandomBytes } from '../lib/random';
import type { Groups, Policy } from '../policy/policy';
import type { Place } from '../request/place';
import type { RequestId } from '../request/request';
import type { Runbooks } from '../runbooks/runbook';
import type { Store, Tx } from '../store/store';
import type { CardJson, Post } from '../thread/kit/post';
import { sentencePost } from '../thread/kit/sentence';
import type { Turn } from '../thread/kit/turn';
import { formatDuration } from '../thread/kit/words';
import { answers } from '../thread/sentences/answers';
import type { PeopleReads } from './ask/people-reads';
import type { Typeahead } from './ask/typeahead';

export interface FlowOptions {
  readonly store: Store;
  readonly reads: PeopleReads;
  readonly policy: () => Policy;
  /** Who is in the policy's groups now; a group that cannot be read is null, and nobody in it counts (T-12). */
  readonly groups: () => Promise<Groups>;
  /** The recipes in force. */
  readonly runbooks: () => Runbooks;
  /** What forms offer while people type. */
  readonly typeahead: Typeahead;
  readonly views: Views;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly log: Log;
  /** How long Defender keeps a live response for a device that it cannot reach (`DEFENDER_QUEUE_HOURS`). */
  readonly queueMs: number;
  /** How many requests of one person may be open at a time (`OPEN_REQUESTS_PER_PERSON`); the policy may allow fewer. */
  readonly openRequestsPerPerson: number;
  /** Has something said after the transaction's commit without storing it; null: it has to be queued. Null for the whole: everything is queued. */
  /** Makes evidence bundles for people in the chat. */
  readonly evidence: EvidenceMaker;
  readonly sayAfter: ((tx: Tx, place: Place, post: Post) => Promise<(() => void) | null>) | null;
  readonly trial: boolean;
}

/** A bundle for one person, kept in the evidence folder until it was sent. */
export interface EvidenceMaker {
  /** False where Teams gives bots no files. */
  readonly canSend: boolean;
  readonly maxBytes: number;
  /** Null: larger than may be sent. `sha256` is the file's, `manifestSha256` names what is in it. */
  make(wish: {
    readonly id: RequestId;
    readonly personId: string;
    readonly withResults: boolean;
    readonly now: number;
  }): Promise<MadeEvidence | null>;
}

export interface MadeEvidence {
  readonly sha256: string;
  readonly size: number;
  /** Below the evidence folder. */
  readonly path: string;
  readonly manifestSha256: string;
  readonly isSigned: boolean;
}

/**
 * What a stage found out, still unwritten: `write` runs in the one transaction that also marks the activity as handled, so that a
 * second delivery of the same activity writes nothing.
 */
export interface Answer {
  readonly write?: (tx: Tx) => Promise<readonly Post[]>;
  /** Posted where the person is, after what `write` adds. */
  readonly posts: readonly Post[];
  /** It shows what is and no more: when it is lost with this process, whoever asked has lost nothing and can ask again. */
  readonly isView?: true;
  /** What a click gets back at once; the posts alone when absent. */
  readonly notice?: Notice;
  /** The same, for what is told of what `write` has done: asked after the commit, so that nothing waits for the drawing of a card. */
  readonly noticeAfter?: () => Promise<Notice>;
  /** What Teams gets when it delivers the same activity again; a general sentence when absent. */
  readonly again?: Notice;
}

export type Notice = { readonly text: string } | { readonly card: CardJson };

export const posts = (...list: readonly Post[]): Answer => ({ posts: list });

/** Runs a stage that reads Defender; when Defender cannot be read, people are told so and nothing is stored. */
export async function readingDefender(options: FlowOptions, turn: Turn, stage: () => Promise<Answer>): Promise<Answer> {
  try {
    return await stage();
  } catch (error) {
    if (!(error instanceof DefenderError)) throw error;
    return posts(
      sentencePost(tellUnread(options, turn, error), { trial: options.trial, summary: 'Defender could not be read' }),
    );
  }
}

/** What a person reads when Defender could not be read for them. */
export function tellUnread(options: FlowOptions, turn: Turn, error: DefenderError): string {
  options.log.warn({ activityId: turn.activityId, code: error.code }, 'Defender could not be read for a person');
  if (error.code === 'defender.shareSpent' && error.retryAfterMs !== null)
    return answers.shareSpent(formatDuration(Math.ceil(error.retryAfterMs / 1_000) * 1_000));
  return answers.unread(defenderSentences[error.code], error.code);
}

/** The key that is set cannot be read or is none: nothing is made rather than something unsigned. */
export class EvidenceKeyUnreadable extends Error {
  override readonly name = 'EvidenceKeyUnreadable';
  readonly code = 'evidence.keyUnreadable';
}
