import { digestOf, readMarker } from '../../../src/request/ask/digest';
import { openTarget } from '../../../src/request/batch/batch-transition';
import { canaryWithinMs } from '../../../src/request/batch/plan-batch';
import { parseRequestId } from '../../../src/request/id';
import type { BatchRunning, LiveResponseRequest, Queued } from '../../../src/request/request';
import { transition } from '../../../src/request/transition';
import { ana, base, batchOf, bob, dan, needing, now, samples, termsOf, vote } from '../sample';

const batch = samples.batchRunning;
const target = (number = 2, isCanary = false): Queued => openTarget(batch, number, { isCanary, now }).request as Queued;

const after = (request: LiveResponseRequest, event: Parameters<typeof transition>[1]): LiveResponseRequest => {
  const outcome = transition(request, event, now);
  if (!outcome.ok) throw new Error(outcome.error.type);
  return outcome.value.request;
};

test('an approved batch is not queued itself: its targets are', () => {
  const asked = { ...samples.awaitingApproval, ...needing(1), batch: batchOf(3) };
  expect(after(asked, { type: 'voted', vote: vote(bob) })).toMatchObject({ state: 'batchRunning', stopped: null });
});

test('a target carries the decision and the digest of its batch, and its own device and marker', () => {
  const request = target(2);
  expect(request).toMatchObject({
    id: 'LR-7F3K.2',
    state: 'queued',
    digest: batch.digest,
    decision: batch.decision,
    device: batch.batch.devices[1],
    target: { of: 'LR-7F3K', number: 2 },
  });
  expect(request.batch).toBeUndefined();
});

test('a marker of one target is not that of another, nor of its batch', () => {
  expect(readMarker('[LR-7F3K.17/1/0123456789ab] x')?.id).toBe('LR-7F3K.17');
  expect(readMarker('[LR-7F3K.1/1/0123456789ab] x')?.id).toBe('LR-7F3K.1');
  expect(readMarker('[LR-7F3K.0/1/0123456789ab] x')).toBeNull();
  expect(parseRequestId('lr-7f3k.17')).toBe('LR-7F3K.17');
});

test('a canary has 15 minutes to start, and never longer than its batch', () => {
  expect(target(1, true).startBy).toBe(now + canaryWithinMs);
  const late: BatchRunning = { ...batch, startBy: now + 1_000 };
  expect(openTarget(late, 1, { isCanary: true, now }).request).toMatchObject({ startBy: now + 1_000 });
});

test('neither a batch nor a target is asked again: under another policy it is void', () => {
  const again = { type: 'askedAgain', because: [{ type: 'policyChanged' }], terms: termsOf(base) } as const;
  const asked = { ...samples.awaitingApproval, batch: batchOf(3) };
  expect(after(asked, again)).toMatchObject({ state: 'voided' });
  expect(after(target(), again)).toMatchObject({ state: 'voided' });
});

test('whoever asked cannot let the rest go, and nobody who was not asked', () => {
  const goOn = (by: typeof ana) => transition(batch, { type: 'batchGoneOn', by }, now);
  expect(goOn(ana)).toEqual({ ok: false, error: { type: 'requesterCannotVote' } });
  expect(goOn(dan)).toEqual({ ok: false, error: { type: 'notAnApprover' } });
  expect(after(batch, { type: 'batchGoneOn', by: bob })).toMatchObject({ goneOn: { by: bob } });
});

test('what stopped a batch first stays the reason, but for a word to cancel all', () => {
  const stopped = after(batch, { type: 'batchStopped', stop: { type: 'failures', count: 3, at: now } });
  expect(after(stopped, { type: 'batchStopped', stop: { type: 'clock', at: now } })).toBe(stopped);
  expect(after(stopped, { type: 'cancelAsked', by: ana, reason: null })).toMatchObject({
    stopped: { type: 'cancelled', all: true },
  });
});

test('a target that is called off before Defender has it is cancelled, and one that made room has lapsed', () => {
  expect(after(target(), { type: 'calledOff', because: 'stopped' })).toMatchObject({
    state: 'cancelled',
    mayHaveActed: false,
  });
  expect(after(target(), { type: 'calledOff', because: 'gaveWay' })).toMatchObject({ state: 'lapsed', actionId: null });
});

test('a restored backup stops a batch: which targets went since, nobody knows', () => {
  expect(after(batch, { type: 'storeRestored' })).toMatchObject({ stopped: { type: 'restored' } });
});

test.each([
  ['a device', { devices: batchOf(4).devices }],
  ['the canaries', { canaries: 2 }],
  ['the order', { order: [2, 1, 3] }],
  ['stop-at', { stopAt: 2 }],
  ['whether an approver lets the rest go', { goOn: true }],
])('another digest when %s is another', (_what, over) => {
  const before = { ...base, batch: batchOf(3) };
  expect(digestOf({ ...before, batch: { ...before.batch, ...over } })).not.toBe(digestOf(before));
});
