import { playTenants } from './tenants';

test('tenants that are asked for as much as Defender takes are served to the last request, and nothing is refused because of us', () => {
  const { submissions, actions, ownRefusals, broken, mostCalls, waitMs } = playTenants({
    tenants: 6,
    minutes: 20,
    seed: 7,
  });
  expect([broken, submissions, actions, ownRefusals, mostCalls]).toEqual([[], 1_200, 1_200, 0, 10]);
  expect(waitMs.median).toBeLessThanOrEqual(120_000);
});
