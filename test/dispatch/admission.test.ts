import * as fc from 'fast-check';
import { type AdmissionInput, planAdmission } from '../../src/dispatch/admission';
import { type LearnedLimit, nothingLearned } from '../../src/dispatch/limits';
import { leavesRateAt } from '../../src/dispatch/rate';
import { mayGo } from '../../src/dispatch/room';
import type { RequestId } from '../../src/request/request';
import type { Waiting } from '../../src/request/waiting';
import { answered, now, quiet, underWay, type Wish, waiting } from './queue-samples';

const idsOf = (count: number, wish: (i: number) => Omit<Wish, 'id'>, prefix: string): readonly Waiting[] =>
  Array.from({ length: count }, (_, i) => waiting({ id: `${prefix}-${String(i).padStart(3, '0')}`, ...wish(i) }));

const positionsOf = (input: AdmissionInput) =>
  [...planAdmission(input).positions].map(([id, place]) => `${id}: ${place.position}/${place.of} ${place.waitsFor}`);

const lesson = (over: Partial<LearnedLimit>): LearnedLimit => ({
  limit: 25,
  refusedAt: now - 1_000,
  holdMs: 0,
  changedAt: now - 1_000,
  probeAfterMs: 600_000,
  ...over,
});

test('a request whose device is free goes at once', () => {
  expect(planAdmission({ ...quiet, waiting: [waiting({ id: 'a' })] })).toEqual({
    admit: ['a'],
    positions: new Map([['a', { position: 1, of: 1, expectedAt: now, waitsFor: 'nothing' }]]),
    nextAt: null,
  });
});

test('one for a taken device never holds up one for a free device, and stands behind it', () => {
  const input = {
    ...quiet,
    underWay: [underWay('x')],
    waiting: [waiting({ id: 'a', device: 'x', approvedAt: 1 }), waiting({ id: 'b' })],
  };
  expect(planAdmission(input).admit).toEqual(['b']);
  expect(positionsOf(input)).toEqual(['b: 1/2 nothing', 'a: 2/2 device']);
});

test('two for one device go one after the other', () => {
  const input = { ...quiet, waiting: [waiting({ id: 'a', device: 'x' }), waiting({ id: 'b', device: 'x' })] };
  expect(positionsOf(input)).toEqual(['a: 1/2 nothing', 'b: 2/2 device']);
});

test('no more go in a minute than Defender takes, and the next wake-up is when the oldest leaves the window', () => {
  const submissions = Array.from({ length: 10 }, (_, i) => answered(now - 30_000 + i, 300));
  const plan = planAdmission({ ...quiet, submissions, waiting: [waiting({ id: 'a' })] });
  expect(plan.admit).toEqual([]);
  expect(plan.nextAt).toBe(now - 30_000 + 300 + 60_075);
  expect(plan.positions.get('a' as RequestId)).toEqual({
    position: 1,
    of: 1,
    expectedAt: plan.nextAt,
    waitsFor: 'rate',
  });
});

test('those behind the rate are told a minute of their own each ten', () => {
  const submissions = Array.from({ length: 10 }, () => answered(now));
  const plan = planAdmission({ ...quiet, submissions, waiting: idsOf(25, () => ({}), 'r') });
  const minutesAhead = [...plan.positions.values()].map((p) => ((p.expectedAt ?? 0) - now - 60_075) / 60_000);
  expect(minutesAhead).toEqual([...Array(10).fill(0), ...Array(10).fill(1), ...Array(5).fill(2)]);
});

test('no more go than there are sessions, whatever the state of those under way', () => {
  const taken = Array.from({ length: 50 }, (_, i) => underWay(`busy-${i}`));
  expect(positionsOf({ ...quiet, underWay: taken, waiting: [waiting({ id: 'a' })] })).toEqual(['a: 1/1 slot']);
});

test('what Defender said holds everybody: rate and sessions', () => {
  const input = { ...quiet, waiting: [waiting({ id: 'a' })] };
  const rate = planAdmission({ ...input, learned: { rate: lesson({ limit: 5, holdMs: 9_000 }), sessions: null } });
  const sessions = planAdmission({ ...input, learned: { rate: null, sessions: lesson({ limit: 1, holdMs: 61_000 }) } });
  expect([rate.admit, rate.nextAt, sessions.admit, sessions.nextAt]).toEqual([[], now + 8_000, [], now + 60_000]);
});

test('at a learned limit the next wake-up is the probe of one more', () => {
  const taken = Array.from({ length: 25 }, (_, i) => underWay(`busy-${i}`));
  const input = {
    ...quiet,
    underWay: taken,
    learned: { rate: null, sessions: lesson({}) },
    waiting: [waiting({ id: 'a' }), waiting({ id: 'b' })],
  };
  expect(positionsOf(input)).toEqual(['a: 1/2 slot', 'b: 2/2 slot']);
  expect(planAdmission(input).nextAt).toBe(now - 1_000 + 600_000);
  expect(planAdmission({ ...input, now: now + 600_000 }).admit).toEqual(['a']);
});

test('a device that Defender called busy is tried again at its instant, not before, and not for another request either', () => {
  const busy = waiting({ id: 'a', device: 'x', hold: 'deviceBusy', notBefore: now + 30_000 });
  const other = waiting({ id: 'b', device: 'x' });
  const input = { ...quiet, waiting: [busy, other] };
  expect(planAdmission(input)).toMatchObject({ admit: [], nextAt: now + 30_000 });
  expect(positionsOf(input)).toEqual(['b: 1/2 deviceBusy', 'a: 2/2 deviceBusy']);
  expect(planAdmission({ ...input, now: now + 30_000 }).admit).toHaveLength(1);
});

test('a device rests after a cancelled action, since Defender may still call it busy', () => {
  const input = { ...quiet, resting: new Map([['x', now + 20_000]]), waiting: [waiting({ id: 'a', device: 'x' })] };
  expect(planAdmission(input)).toMatchObject({ admit: [], nextAt: now + 20_000 });
  expect(mayGo(waiting({ id: 'a', device: 'x' }), input)).toBe(false);
  expect(mayGo(waiting({ id: 'a', device: 'x' }), { ...input, now: now + 20_000 })).toBe(true);
});

test('a device that was called busy is tried after the other requests of the same person', () => {
  const tried = waiting({ id: 'a', hold: 'deviceBusy', notBefore: now, approvedAt: 1 });
  expect(planAdmission({ ...quiet, waiting: [tried, waiting({ id: 'b' })] }).admit).toEqual(['b', 'a']);
});

test('of one person the request with the longest line behind it goes first, then the oldest', () => {
  const singles = idsOf(3, (i) => ({ approvedAt: i }), 'single');
  const line = idsOf(4, (i) => ({ device: 'x', approvedAt: 100 + i }), 'line');
  expect(planAdmission({ ...quiet, waiting: [...singles, ...line] }).admit).toEqual([
    'line-000',
    'single-000',
    'single-001',
    'single-002',
  ]);
});

test('nobody waits behind the hundred requests of another', () => {
  const many = idsOf(100, (i) => ({ approvedAt: i }), 'ana');
  const one = waiting({ id: 'bo', who: 'bo', approvedAt: 200 });
  expect(planAdmission({ ...quiet, waiting: [...many, one] }).admit.slice(0, 3)).toEqual(['ana-000', 'bo', 'ana-001']);
});

test('a hundred requests for a taken device do not put the same person behind others', () => {
  const line = idsOf(100, (i) => ({ device: 'x', approvedAt: i }), 'line');
  const own = waiting({ id: 'own', approvedAt: 500 });
  const others = idsOf(30, (i) => ({ who: 'bo', approvedAt: 200 + i }), 'bo');
  const { admit } = planAdmission({ ...quiet, underWay: [underWay('x', 'cy')], waiting: [...line, ...others, own] });
  expect(admit.slice(0, 2)).toEqual(['bo-000', 'own']);
});

test('who has less under way goes first, and who shares a device too', () => {
  const taken = [underWay('x', 'ana')];
  const free = [waiting({ id: 'a', approvedAt: 1 }), waiting({ id: 'b', who: 'bo', approvedAt: 2 })];
  expect(planAdmission({ ...quiet, underWay: taken, waiting: free }).admit).toEqual(['b', 'a']);
  const same = free.map((r) => ({ ...r, machineId: 'y' }));
  expect(planAdmission({ ...quiet, underWay: taken, waiting: same }).admit).toEqual(['b']);
});

test('a device goes to whose turn it is, though another has waited for it longer', () => {
  const wish = (id: string, device: string) => waiting({ id, device, who: 'ana', approvedAt: 1 });
  const many = [wish('a1', 'x'), wish('a2', 'x'), wish('a3', 'y'), wish('a4', 'y'), wish('a5', 'z')];
  const one = waiting({ id: 'bo', device: 'z', who: 'bo', approvedAt: 2 });
  const limits = { runsPerMinute: 2, sessions: 2 };
  expect(planAdmission({ ...quiet, limits, waiting: [...many, one] }).admit).toEqual(['a1', 'bo']);
});

const device = fc.constantFrom('d1', 'd2', 'd3', 'd4', 'd5', 'd6');
const who = fc.constantFrom('ana', 'bo', 'cy');
const hold = fc.constantFrom<Waiting['hold']>(null, 'deviceBusy', 'rateLimited', 'sessionsFull', 'checkFailed');
const anyLesson = fc.option(
  fc
    .record({
      limit: fc.integer({ min: 1, max: 9 }),
      ago: fc.integer({ min: 0, max: 5_000_000 }),
      holdMs: fc.constantFrom(0, 60_000),
    })
    .map(({ limit, ago, holdMs }) => lesson({ limit, refusedAt: now - ago, changedAt: now - ago, holdMs })),
);
const anyInput: fc.Arbitrary<AdmissionInput> = fc.record({
  waiting: fc
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
    .map((wishes) => wishes.map((wish, i) => waiting({ ...wish, id: `r${i}` }))),
  underWay: fc
    .uniqueArray(device, { maxLength: 4 })
    .chain((devices) =>
      fc
        .array(who, { minLength: devices.length, maxLength: devices.length })
        .map((people) => devices.map((d, i) => underWay(d, people[i]))),
    ),
  resting: fc.array(fc.tuple(device, fc.integer({ min: now + 1, max: now + 30_000 }))).map((rests) => new Map(rests)),
  submissions: fc
    .array(
      fc.record({
        at: fc.integer({ min: now - 200_000, max: now }),
        tookMs: fc.option(fc.integer({ min: 0, max: 500 })),
      }),
      { maxLength: 12 },
    )
    .map((made) =>
      made.map(({ at, tookMs }) =>
        tookMs === null ? { at, answeredAt: null, answer: null } : answered(at, Math.min(tookMs, now - at)),
      ),
    ),
  learned: fc.record({ rate: anyLesson, sessions: anyLesson }),
  limits: fc.record({ runsPerMinute: fc.integer({ min: 1, max: 12 }), sessions: fc.integer({ min: 1, max: 8 }) }),
  now: fc.constant(now),
});

test('whatever waits and runs, no limit is ever passed and no device gets two', () => {
  fc.assert(
    fc.property(anyInput, (input) => {
      const { admit, positions } = planAdmission(input);
      const going = input.waiting.filter((r) => admit.includes(r.id));
      const devices = [...input.underWay, ...going].map((r) => r.machineId);
      const inMinute = input.submissions.filter((s) => leavesRateAt(s) > now).length;
      expect(new Set(devices).size).toBe(devices.length);
      expect(admit.length).toBeLessThanOrEqual(Math.max(input.limits.sessions - input.underWay.length, 0));
      expect(admit.length).toBeLessThanOrEqual(Math.max(input.limits.runsPerMinute - inMinute, 0));
      expect(going.filter((r) => r.notBefore > now || (input.resting.get(r.machineId) ?? 0) > now)).toEqual([]);
      expect([...positions.values()].map((p) => p.position)).toEqual(input.waiting.map((_, i) => i + 1));
      expect(new Set(positions.keys())).toEqual(new Set(input.waiting.map((r) => r.id)));
    }),
    { numRuns: 1_000 },
  );
});

test('what the plan admits may go one after the other, each asked again with the ones before it under way', () => {
  fc.assert(
    fc.property(anyInput, (input) => {
      let room: AdmissionInput = input;
      for (const id of planAdmission(input).admit) {
        const request = input.waiting.find((r) => r.id === id) as Waiting;
        expect(mayGo(request, room)).toBe(true);
        room = {
          ...room,
          underWay: [...room.underWay, underWay(request.machineId, request.requesterId, 'submitting')],
          submissions: [...room.submissions, { at: now, answeredAt: null, answer: null }],
        };
        expect(mayGo(request, room)).toBe(false);
      }
    }),
    { numRuns: 500 },
  );
});

test('whoever waits has a wake-up, or waits for one of ours to end', () => {
  fc.assert(
    fc.property(anyInput, (input) => {
      const { admit, positions, nextAt } = planAdmission(input);
      for (const [id, place] of positions) {
        if (admit.includes(id)) continue;
        const endsHere = input.underWay.length > 0 || admit.length > 0;
        expect(endsHere || (nextAt !== null && nextAt > now)).toBe(true);
        expect(place.waitsFor).not.toBe('nothing');
      }
    }),
    { numRuns: 1_000 },
  );
});

test('nobody gets a second turn while somebody with less under way could go', () => {
  fc.assert(
    fc.property(anyInput, (input) => {
      const { admit } = planAdmission(input);
      const going = input.waiting.filter((r) => admit.includes(r.id));
      const taken = [...input.underWay, ...going.map((r) => underWay(r.machineId, r.requesterId))];
      const load = (id: string) => taken.filter((r) => r.requesterId === id).length;
      const rest = {
        ...input,
        underWay: taken,
        submissions: [],
        learned: nothingLearned,
        limits: { runsPerMinute: 99, sessions: 99 },
      };
      const couldGo = input.waiting.filter((r) => !admit.includes(r.id) && r.hold !== 'deviceBusy' && mayGo(r, rest));
      const held = new Set(input.waiting.filter((r) => r.hold === 'deviceBusy').map((r) => r.machineId));
      for (const poor of couldGo.filter((r) => !held.has(r.machineId)))
        for (const rich of going.filter((r) => r.requesterId !== poor.requesterId))
          expect(load(rich.requesterId)).toBeLessThanOrEqual(load(poor.requesterId) + 1);
    }),
    { numRuns: 1_000 },
  );
});
