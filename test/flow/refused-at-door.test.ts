import { createDoorAudit, type DoorAudit, type RefusedAtDoor } from '../../src/flow/refused-at-door';
import { minutes, seconds } from '../../src/lib/clock';
import type { Store } from '../../src/store/store';
import { SteppedClock } from '../fakes/stepped-clock';
import { useStores } from '../store/sample';
import { recordingLog } from '../teams/kit';

const stores = useStores();
const log = recordingLog();
let clock: SteppedClock;
let store: Store;
let door: DoorAudit;

beforeEach(async () => {
  clock = new SteppedClock();
  store = await stores.openNew();
  door = createDoorAudit({ store, clock, log });
});

const foreign = (n = 0): RefusedAtDoor => ({
  refusal: 'foreignTenant',
  personId: `person-${n}`,
  tenantId: 'tenant-9',
  isAuthenticated: true,
});
const unknown: RefusedAtDoor = {
  refusal: 'malformedActivity',
  personId: 'whatever they say',
  tenantId: 'x',
  isAuthenticated: false,
};
const audited = async () =>
  (await store.auditRows()).map(({ at, actor, what, detail }) => ({ at, actor, what, detail }));

test('who is turned away at the door is audited at once, with who and from where', async () => {
  await door.refused(foreign());
  expect(await audited()).toEqual([
    {
      at: clock.now(),
      actor: 'person-0',
      what: 'refused',
      detail: { refusal: 'foreignTenant', where: 'door', tenantId: 'tenant-9', times: 1 },
    },
  ]);
});

test('of a sender whom nobody vouches for nothing is repeated', async () => {
  await door.refused(unknown);
  expect(await audited()).toMatchObject([
    { actor: 'nobody', detail: { refusal: 'malformedActivity', tenantId: null, times: 1 } },
  ]);
});

test('a flood becomes two entries a minute, the first at once and the count when the minute is over', async () => {
  for (let n = 0; n < 1_000; n++) await door.refused({ ...unknown, personId: `someone else ${n}` });
  expect(await audited()).toHaveLength(1);
  expect(await door.startDue()).toBe(0);
  expect(await door.nextDueAt()).toBe(clock.now() + minutes(1));
  clock.advance(minutes(1));
  expect(await door.startDue()).toBe(1);
  expect((await audited()).map((row) => row.detail.times)).toEqual([1, 999]);
  expect(await door.nextDueAt()).toBeNull();
  await door.refused(unknown);
  expect(await audited()).toHaveLength(3);
});

test('one refusal alone is one entry', async () => {
  await door.refused(unknown);
  clock.advance(minutes(2));
  await door.startDue();
  expect(await audited()).toHaveLength(1);
});

test('many senders at once are bounded as well, and all of them are counted', async () => {
  for (let n = 0; n < 1_000; n++) await door.refused(foreign(n));
  expect((await audited()).length).toBeLessThanOrEqual(201);
  clock.advance(minutes(1));
  await door.startDue();
  const times = (await audited()).map((row) => Number(row.detail.times));
  expect(times.reduce((sum, n) => sum + n, 0)).toBe(1_000);
});

test('a refusal stands when it cannot be written, and the operator is told', async () => {
  await store.close();
  await door.refused(foreign());
  clock.advance(seconds(1));
  expect(log.lines).toMatchObject([{ level: 'error', code: 'store.unavailable', refusal: 'foreignTenant' }]);
});
