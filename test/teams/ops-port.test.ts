import { createServer } from 'node:net';
import { startKit } from './kit';

const paths = ['/healthz', '/readyz', '/metrics'] as const;

const findFreePort = (): Promise<number> =>
  new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });

test('with a port of their own, readiness and metrics are there, and nowhere else', async () => {
  const opsPort = await findFreePort();
  const kit = await startKit({ server: { opsPort } });
  const ask = async (url: string) => Promise.all(paths.map(async (path) => (await fetch(url + path)).status));
  try {
    expect(await ask(kit.url)).toEqual([200, 404, 404]);
    expect(await ask(`http://127.0.0.1:${opsPort}`)).toEqual([200, 200, 200]);
    expect([...kit.server.doors].sort()).toEqual(['GET /healthz', 'POST /api/messages']);
    expect([...kit.server.opsDoors].sort()).toEqual(['GET /healthz', 'GET /metrics', 'GET /readyz']);
  } finally {
    await kit.stop();
  }
  await expect(fetch(`http://127.0.0.1:${opsPort}/readyz`)).rejects.toThrow();
});
