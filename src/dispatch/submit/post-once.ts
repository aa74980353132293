import type { SubmitOutcome } from '../../defender/client';
import { commentOf } from '../../request/ask/digest';
import { type Pause, pauseFact } from '../../request/pause';
import type { Submitting } from '../../request/request';
import { applyEvent } from '../../store/commit/apply';
import type { Tx } from '../../store/store';
import type { ClaimedWork } from '../../store/work/claims';
import { admissionFact, type LearnedLimits, learn, nothingLearned } from '../limits';
import type { DispatchOptions } from '../options';
import { passedRate, rateCountsSince } from '../rate';
import { answeredAt, answerOf, toEvent } from './answer-to-post';
import { mayPost, stepOf } from './may-post';
import type { Claim } from './write-intent';

/**
 * A script must not run twice on a device, so a claimed submission is sent at most once: not if its claim is a second one, not without its
 * lease, not late, and never again. What Defender answers, or that nobody knows, is recorded with the request.
 */
export async function postOnce(options: DispatchOptions, { row, claimedAt }: Claim): Promise<void> {
  const { store, clock } = options;
  const stored = row.requestId === null ? null : await store.request(row.requestId);
  if (row.work.type !== 'submit' || stored?.request.state !== 'submitting')
    return store.transact((tx) => tx.finishWork(row, clock.now()));
  const { request } = stored;
  switch (stepOf({ claims: row.claims, attempt: row.work.attempt }, request)) {
    case 'drop':
      return store.transact((tx) => tx.finishWork(row, clock.now()));
    case 'lookUp':
      return record(options, row, request, { type: 'unclear', code: 'claimedTwice' });
    case 'post':
      return post(options, { row, claimedAt }, request);
  }
}

async function post(options: DispatchOptions, { row, claimedAt }: Claim, request: Submitting): Promise<void> {
  const { store, defender, clock, log } = options;
  const holdsLease = await store.holdsLease(row, clock.now());
  switch (mayPost({ claimedAt, now: clock.now(), holdsLease })) {
    case 'lost':
      return log.warn(
        { requestId: request.id },
        'Another replica has taken this submission over; it is left to that one',
      );
    case 'late':
      return record(options, row, request, { type: 'notSent', code: 'service.late' });
  }
  const { machineId } = request.device;
  // Asked once more when the first byte is due: a token or a connection may have been long in coming.
  const mayStillSend = () => mayPost({ claimedAt, now: clock.now(), holdsLease }) === 'yes';
  const isStillWanted = async () => (await store.fact<Pause>(pauseFact)) === null; // guard: pause-read-before-the-first-byte
  const outcome = await defender.runLiveResponse(machineId, request.commands, commentOf(request), {
    isStillWanted,
    mayStillSend,
  });
  log.info({ requestId: request.id, attempt: request.attempts, outcome: outcome.type, machineId }, 'Submitted');
  await record(options, row, request, outcome);
}

/** The answer as the request, the counted call and the limits know it, and the end of the claim: one transaction. */
async function record(
  options: DispatchOptions,
  row: ClaimedWork,
  request: Submitting,
  outcome: SubmitOutcome,
): Promise<void> {
  await options.store.transact(async (tx) => {
    const before = await tx.lockFact<LearnedLimits>(admissionFact);
    const now = options.clock.now();
    const stored = await tx.request(request.id);
    if (stored) await applyEvent(tx, stored, toEvent(outcome, request, now), 'defender', now);
    await tx.answerSubmission(request.id, request.attempts, answerOf(outcome), answeredAt(outcome, now));
    await learnFrom(options, tx, { before: before ?? nothingLearned, outcome, now });
    await tx.finishWork(row, now);
  });
}

async function learnFrom(
  { limits, log }: DispatchOptions,
  tx: Tx,
  { before, outcome, now }: { readonly before: LearnedLimits; readonly outcome: SubmitOutcome; readonly now: number },
): Promise<void> {
  const isRefusal = outcome.type === 'throttled';
  if (!isRefusal && before.rate === null && before.sessions === null) return;
  const answer = {
    answer: answerOf(outcome),
    retryAfterMs: isRefusal ? outcome.retryAfterMs : null,
    sessionsTaken: (await tx.underWay()).filter(({ state }) => state !== 'submitting').length,
    runsPassed: passedRate(await tx.submissionsSince(rateCountsSince(now)), now),
  };
  const after = learn(before, limits, answer, now);
  if (after === before) return;
  await tx.saveFact(admissionFact, after);
  if (isRefusal)
    log.warn({ scope: outcome.scope, ...after }, 'Defender has refused a call for its limits; ours were lowered');
}
