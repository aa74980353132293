import { fileEntry } from '../../audit/entry';
import { type Clock, minutes, seconds } from '../../lib/clock';
import type { Log } from '../../lib/log';
import type { DueWork } from '../../lib/loop';
import type { RandomBytes } from '../../lib/random';
import { type FileOffer, offerFact, type Upload } from '../../request/file-offer';
import type { Store, Tx } from '../../store/store';
import type { ClaimedWork } from '../../store/work/claims';
import { postRow } from '../../store/work/ordering-key';
import { fileWork } from '../../store/work/work';
import type { Post } from '../../thread/kit/post';
import { sentencePost } from '../../thread/kit/sentence';
import { fileSentences, sentPost } from '../../thread/posts/file-posts';
import type { Cloud } from '../service-url';
import { isUploadUrl } from './upload-url';

export interface FileSenderOptions {
  readonly store: Store;
  /** The archive to send; null when what is kept is gone or no longer what was collected. */
  /** By the rights of now. */
  readonly mayStillHave: (offer: FileOffer) => Promise<boolean>;
  readonly readArchive: (offer: FileOffer) => Promise<Uint8Array | null>;
  readonly cloud: Cloud;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly log: Log;
  readonly trial: boolean;
  readonly chunkTimeoutMs?: number;
}

/** A multiple of 320 KiB, as upload sessions want it, and small enough for a slow line (Graph: "Upload large files"). */
const chunkBytes = 10 * 320 * 1024;
/** Teams' place for the file lives for hours, but a person who agreed waits for minutes. */
const mostTries = 4;
const firstRetryMs = seconds(5);

/** Puts files that people agreed to have into their OneDrive: durable work, tried again, told in the person's own chat however it ends. */
export function createFileSender(options: FileSenderOptions): DueWork {
  const { store, clock, random, log, trial, chunkTimeoutMs = seconds(30) } = options;
  /** More than the chunks of the largest file may take together. */
  const leaseMs = minutes(1) + 4 * chunkTimeoutMs;

  async function send(row: ClaimedWork): Promise<void> {
    const offer = row.work.type === 'sendFile' ? await store.fact<FileOffer>(offerFact(row.work.offerId)) : null;
    if (offer === null || offer.state !== 'accepted' || offer.upload === null)
      return store.transact((tx) => tx.finishWork(row, clock.now()));
    if (!(await options.mayStillHave(offer)))
      return end(row, offer, { state: 'failed', what: 'fileNotSent', post: tell(fileSentences.notEntitled) }); // guard: file-rights-compared-at-the-upload
    const archive = await options.readArchive(offer);
    if (archive === null)
      return end(row, offer, { state: 'failed', what: 'fileNotSent', post: tell(fileSentences.differs) });
    const problem = await put(offer.upload, archive, options);
    if (problem === null)
      return end(row, offer, { state: 'sent', what: 'fileSent', post: sentPost(offer, offer.upload, { trial }) });
    log.warn({ requestId: offer.requestId, problem, tries: row.claims }, 'file not sent');
    if (row.claims >= mostTries || problem === 'untrusted')
      return end(row, offer, { state: 'failed', what: 'fileNotSent', post: tell(fileSentences.gaveUp) });
    await store.transact((tx) => tx.retryWork(row, clock.now() + firstRetryMs * 4 ** (row.claims - 1), problem));
  }

  const tell = (text: string): Post => sentencePost(text, { trial, summary: 'About the file' });

  /** One transaction: however it ends, the person hears of it and the place is forgotten. */
  async function end(
    row: ClaimedWork,
    offer: FileOffer,
    { state, what, post }: { readonly state: FileOffer['state']; readonly what: string; readonly post: Post },
  ): Promise<void> {
    const { conversationId, requestId } = offer;
    await store.transact(async (tx: Tx) => {
      const now = clock.now();
      await tx.saveFact(offerFact(offer.offerId), { ...offer, state, upload: null } satisfies FileOffer);
      await tx.addWork([postRow(conversationId, post, { requestId, at: now })]);
      await tx.appendAudit(fileEntry(offer, { what, actor: 'bot', at: now }));
      await tx.finishWork(row, now);
    });
  }

  return {
    async startDue() {
      const now = clock.now();
      if (!(await store.isWorkDue(fileWork, now))) return 0;
      const leaseToken = Buffer.from(random(12)).toString('hex');
      const rows = await store.transact((tx) => tx.claimWork({ types: fileWork, now, leaseMs, limit: 1, leaseToken }));
      for (const row of rows) await send(row);
      return rows.length;
    },
    nextDueAt: () => store.nextDueAt(),
  };
}

/** Null when all of it is there; else a word for the log, never the address. A chunk that arrives twice is the same chunk. */
async function put(
  { uploadUrl }: Upload,
  archive: Uint8Array,
  { cloud, chunkTimeoutMs = seconds(30) }: Pick<FileSenderOptions, 'cloud' | 'chunkTimeoutMs'>,
): Promise<string | null> {
  if (!isUploadUrl(uploadUrl, cloud)) return 'untrusted'; // guard: evidence-goes-to-onedrive-only
  for (let from = 0; from < archive.length; from += chunkBytes) {
    const chunk = archive.subarray(from, from + chunkBytes);
    try {
      const answer = await fetch(uploadUrl, {
        method: 'PUT',
        headers: {
          'content-type': 'application/octet-stream',
          'content-range': `bytes ${from}-${from + chunk.length - 1}/${archive.length}`,
        },
        body: chunk,
        redirect: 'manual',
        signal: AbortSignal.timeout(chunkTimeoutMs),
      });
      await answer.body?.cancel();
      if (!answer.ok) return `http.${answer.status}`;
    } catch (error) {
      return error instanceof Error ? error.name : 'unknown';
    }
  }
  return null;
}
