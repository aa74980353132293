import { createInForce } from '../src/policy-in-force';
import { isPolicySuperseded, policyTextOf } from '../src/store/rows/policy-in-force';
import { SteppedClock } from './fakes/stepped-clock';
import { useStores } from './store/sample';

const stores = useStores();
const other = { version: 'old' };

async function setUp(problems: string[]) {
  const store = await stores.openNew();
  const old = createInForce({
    store,
    version: () => 'old',
    text: () => 'as it was',
    problems: async () => [],
    clock: new SteppedClock(),
  });
  await old.serve();
  let version = 'new';
  const inForce = createInForce({
    store,
    version: () => version,
    text: () => `the text of ${version}`,
    problems: async () => problems,
    clock: new SteppedClock(),
  });
  return { store, inForce, rewrite: (to: string) => (version = to) };
}

test('a policy comes in force when its replica serves, and not before', async () => {
  const { store, inForce } = await setUp([]);
  await inForce.startDue();
  expect(await isPolicySuperseded(store, other)).toBe(false);
  expect(inForce.isInForce()).toBe(false);
  await inForce.serve();
  expect(await isPolicySuperseded(store, other)).toBe(true);
  expect(inForce.isInForce()).toBe(true);
});

test('the text of every version that was in force is kept for evidence', async () => {
  const { store, inForce } = await setUp([]);
  expect(await policyTextOf(store, 'new')).toBeNull();
  await inForce.serve();
  expect(await policyTextOf(store, 'new')).toBe('the text of new');
  expect(await policyTextOf(store, 'old')).toBe('as it was');
});

test('a replica that is not well puts nothing in force until it is', async () => {
  const problems = ['no evidence folder'];
  const { store, inForce } = await setUp(problems);
  await inForce.serve();
  expect(await isPolicySuperseded(store, other)).toBe(false);
  problems.length = 0;
  await inForce.startDue();
  expect(await isPolicySuperseded(store, other)).toBe(true);
});

test('a file that changes later comes in force by the same rule', async () => {
  const problems: string[] = [];
  const { store, inForce, rewrite } = await setUp(problems);
  await inForce.serve();
  problems.push('no database');
  rewrite('newer');
  await inForce.startDue();
  expect(await isPolicySuperseded(store, { version: 'new' })).toBe(false);
  problems.length = 0;
  await inForce.startDue();
  expect(await isPolicySuperseded(store, { version: 'new' })).toBe(true);
});
