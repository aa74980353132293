import * as fc from 'fast-check';
import {
  type AdmissionInput,
  type InFlight,
  inFairOrder,
  planAdmission,
  rateWindowMs,
} from '../../src/dispatch/admission';
import type { Hold, Queued, RequestId } from '../../src/request/request';
import { samples } from '../request/sample';

const now = 10_000_000;
const limits = { runsPerMinute: 10, sessions: 50 };
const quiet: AdmissionInput = {
  queued: [],
  inFlight: [],
  submissions: [],
  blockedUntil: { rate: 0, sessions: 0 },
  limits,
  now,
};

interface Wish {
  readonly id: string;
  readonly who?: string;
  readonly device?: string;
  readonly approvedAt?: number;
  readonly notBefore?: number;
  readonly hold?: Hold | null;
}

const queued = ({
  id,
  who = 'ana',
  device = id,
  approvedAt = now - 1_000,
  notBefore = 0,
  hold = null,
}: Wish): Queued => ({
  ...samples.queued,
  id: id as RequestId,
  requester: { ...samples.queued.requester, id: who },
  device: { ...samples.queued.device, machineId: device },
  approvedAt,
  startBy: now + 7_200_000,
  notBefore,
  hold,
});

const running = (device: string, who = 'ana'): InFlight => ({
  ...samples.running,
  requester: { ...samples.running.requester, id: who },
  device: { ...samples.running.device, machineId: device },
});

const placesOf = (input: AdmissionInput) =>
  [...planAdmission(input).places].map(([id, place]) => `${id}: ${place.position}/${place.of} ${place.waitsFor}`);

test('a request whose device is free goes at once', () => {
  expect(planAdmission({ ...quiet, queued: [queued({ id: 'a' })] })).toEqual({
    admit: ['a'],
    places: new Map([['a', { position: 1, of: 1, expectedAt: now, waitsFor: 'nothing' }]]),
    nextAt: null,
  });
});

test('one for a busy device never holds up one for a free device', () => {
  const input = {
    ...quiet,
    inFlight: [running('x')],
    queued: [queued({ id: 'a', device: 'x', approvedAt: 1 }), queued({ id: 'b' })],
  };
  expect(planAdmission(input).admit).toEqual(['b']);
  expect(placesOf(input)).toEqual(['a: 1/2 device', 'b: 2/2 nothing']);
});

test('two for one device go one after the other', () => {
  expect(
    planAdmission({ ...quiet, queued: [queued({ id: 'a', device: 'x' }), queued({ id: 'b', device: 'x' })] }).admit,
  ).toEqual(['a']);
});

test('no more go in a minute than Defender takes, and the next wake-up is when the oldest leaves the window', () => {
  const submissions = Array.from({ length: 10 }, (_, i) => now - 30_000 + i);
  const plan = planAdmission({ ...quiet, submissions, queued: [queued({ id: 'a' })] });
  expect(plan.admit).toEqual([]);
  expect(plan.nextAt).toBe(now - 30_000 + rateWindowMs);
  expect(plan.places.get('a' as RequestId)).toEqual({ position: 1, of: 1, expectedAt: plan.nextAt, waitsFor: 'rate' });
});

test('no more go than there are sessions, whatever the state of those under way', () => {
  const inFlight = Array.from({ length: 50 }, (_, i) => running(`busy-${i}`));
  expect(placesOf({ ...quiet, inFlight, queued: [queued({ id: 'a' })] })).toEqual(['a: 1/1 slot']);
});

test('what Defender said holds everybody: rate and sessions', () => {
  const waiting = { ...quiet, queued: [queued({ id: 'a' })] };
  const rate = planAdmission({ ...waiting, blockedUntil: { rate: now + 8_000, sessions: 0 } });
  const sessions = planAdmission({ ...waiting, blockedUntil: { rate: 0, sessions: now + 60_000 } });
  expect([rate.admit, rate.nextAt, sessions.admit, sessions.nextAt]).toEqual([[], now + 8_000, [], now + 60_000]);
});

test('a device that Defender called busy is tried again at its instant, not before', () => {
  const busy = queued({ id: 'a', hold: { type: 'deviceBusy' }, notBefore: now + 30_000 });
  expect(planAdmission({ ...quiet, queued: [busy] })).toMatchObject({ admit: [], nextAt: now + 30_000 });
  expect(planAdmission({ ...quiet, now: now + 30_000, queued: [busy] }).admit).toEqual(['a']);
});

test('nobody waits behind the hundred requests of another', () => {
  const many = Array.from({ length: 100 }, (_, i) =>
    queued({ id: `ana-${String(i).padStart(3, '0')}`, approvedAt: i }),
  );
  const one = queued({ id: 'bo', who: 'bo', approvedAt: 200 });
  const order = inFairOrder([...many, one], []).map((r) => r.id);
  expect(order.slice(0, 3)).toEqual(['ana-000', 'bo', 'ana-001']);
});

test('who has less under way goes first', () => {
  const order = inFairOrder(
    [queued({ id: 'a', approvedAt: 1 }), queued({ id: 'b', who: 'bo', approvedAt: 2 })],
    [running('x', 'ana')],
  );
  expect(order.map((r) => r.id)).toEqual(['b', 'a']);
});

const device = fc.constantFrom('d1', 'd2', 'd3', 'd4', 'd5', 'd6');
const who = fc.constantFrom('ana', 'bo', 'cy');
const hold = fc.constantFrom<Hold | null>(
  null,
  { type: 'deviceBusy' },
  { type: 'rateLimited' },
  { type: 'sessionsFull' },
  { type: 'checkFailed', code: 'x' },
);
const anyInput: fc.Arbitrary<AdmissionInput> = fc.record({
  queued: fc
    .array(
      fc.record({
        who,
        device,
        approvedAt: fc.integer({ min: 0, max: now }),
        notBefore: fc.integer({ min: now - 50, max: now + 50 }),
        hold,
      }),
      { maxLength: 25 },
    )
    .map((wishes) => wishes.map((wish, i) => queued({ ...wish, id: `r${i}` }))),
  inFlight: fc
    .uniqueArray(device, { maxLength: 4 })
    .chain((devices) =>
      fc
        .array(who, { minLength: devices.length, maxLength: devices.length })
        .map((people) => devices.map((d, i) => running(d, people[i] ?? 'ana'))),
    ),
  submissions: fc
    .array(fc.integer({ min: now - rateWindowMs + 1, max: now }), { maxLength: 12 })
    .map((at) => at.sort((a, b) => a - b)),
  blockedUntil: fc.record({ rate: fc.constantFrom(0, now + 10), sessions: fc.constantFrom(0, now + 20) }),
  limits: fc.record({ runsPerMinute: fc.integer({ min: 1, max: 12 }), sessions: fc.integer({ min: 1, max: 8 }) }),
  now: fc.constant(now),
});

test('whatever waits and runs, no limit is ever passed and no device gets two', () => {
  fc.assert(
    fc.property(anyInput, (input) => {
      const { admit, places } = planAdmission(input);
      const devices = [...input.inFlight, ...input.queued.filter((r) => admit.includes(r.id))].map(
        (r) => r.device.machineId,
      );
      expect(new Set(devices).size).toBe(devices.length);
      expect(admit.length).toBeLessThanOrEqual(Math.max(input.limits.sessions - input.inFlight.length, 0));
      expect(admit.length).toBeLessThanOrEqual(Math.max(input.limits.runsPerMinute - input.submissions.length, 0));
      expect(input.queued.filter((r) => admit.includes(r.id) && r.notBefore > now)).toEqual([]);
      expect([...places.values()].map((p) => p.position)).toEqual(input.queued.map((_, i) => i + 1));
    }),
    { numRuns: 500 },
  );
});

test('whoever waits has a wake-up, or waits for one of ours to end', () => {
  fc.assert(
    fc.property(anyInput, (input) => {
      const { admit, places, nextAt } = planAdmission(input);
      for (const [id, place] of places) {
        if (admit.includes(id)) continue;
        const endsHere = input.inFlight.length > 0 || admit.length > 0;
        expect(endsHere || (nextAt !== null && nextAt > now)).toBe(true);
        expect(place.waitsFor).not.toBe('nothing');
      }
    }),
    { numRuns: 500 },
  );
});
