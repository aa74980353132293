import { createAdapter } from '../../src/teams/inbound/adapter';

const newAdapter = () => createAdapter({ identity: { type: 'trial' } });

test('a service address has one client, however often it is called', async () => {
  const adapter = newAdapter();
  const [first, second, other] = await Promise.all(
    ['http://127.0.0.1:1/a', 'http://127.0.0.1:1/a', 'http://127.0.0.1:1/b'].map((url) => adapter.connector(url)),
  );
  expect(second).toBe(first);
  expect(other).not.toBe(first);
});

test('whoever states ever new service addresses fills no memory: the oldest clients are forgotten', async () => {
  const adapter = newAdapter();
  const urlOf = (n: number) => `http://127.0.0.1:1/${n}`;
  const first = await adapter.connector(urlOf(0));
  for (let n = 1; n < 50; n++) await adapter.connector(urlOf(n));
  expect(await adapter.connector(urlOf(0))).toBe(first);
  await adapter.connector(urlOf(50));
  expect(await adapter.connector(urlOf(0))).not.toBe(first);
});
