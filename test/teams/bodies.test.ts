import { request } from 'node:http';
import { connect } from 'node:net';
import { systemClock } from '../../src/lib/clock';
import { redact } from '../../src/lib/redacted';
import { keepAliveMs } from '../../src/teams/inbound/server';
import { ana, appId, tenantId } from '../fakes/fake-connector';
import { LocalIssuer } from '../fakes/local-issuer';
import { inPersonal, type Kit, startKit } from './kit';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function open(options: Parameters<typeof startKit>[0] = {}): Promise<Kit> {
  const kit = await startKit(options);
  stops.push(kit.stop);
  return kit;
}

async function openSigned(options: Parameters<typeof startKit>[0] = {}): Promise<Kit> {
  const issuer = await new LocalIssuer().start();
  stops.push(() => issuer.stop());
  return open({
    adapter: { identity: { type: 'SingleTenant', appId, tenantId, password: redact('word') }, issuer },
    ...options,
  });
}

/** Announces a large body, sends `sent` bytes of it, and waits. */
function leaveUnfinished(kit: Kit, { sent, authorization }: { sent: number; authorization?: string }) {
  const req = request(`${kit.url}/api/messages`, {
    method: 'POST',
    headers: { 'content-length': 250_000, ...(authorization === undefined ? {} : { authorization }) },
  });
  req.on('error', () => {});
  req.write(Buffer.alloc(sent, ' '));
  stops.push(async () => void req.destroy());
  return new Promise<number | undefined>((resolve) => {
    req.on('response', (res) => {
      res.resume();
      resolve(res.statusCode);
    });
    req.on('close', () => resolve(undefined));
  });
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await systemClock.sleep(2);
}

describe('a body', () => {
  test('is not read without a token: many unfinished posts are answered 401, audited, and nothing of them is held', async () => {
    const kit = await openSigned();
    const statuses = Array.from({ length: 100 }, () => leaveUnfinished(kit, { sent: 100_000 }));
    expect(new Set(await Promise.all(statuses))).toEqual(new Set([401]));
    expect(kit.server.bufferedBytes()).toBe(0);
    expect(kit.refused).toHaveLength(100);
    expect(kit.refused[0]).toMatchObject({ refusal: 'notAuthenticated', isAuthenticated: false });
  });

  test.each(['', 'Bearer', 'Bearer ', 'Basic YTpi'])(
    'is not read for the header "%s" either',
    async (authorization) => {
      const kit = await openSigned();
      expect(await leaveUnfinished(kit, { sent: 10, authorization })).toBe(401);
    },
  );

  test('that has been under way longest gives way when all together are too large, and a whole one is still taken', async () => {
    const kit = await open({ server: { bodies: { maxBufferedBytes: 300_000 } } });
    const first = leaveUnfinished(kit, { sent: 120_000 });
    await until(() => kit.server.bufferedBytes() === 120_000);
    const second = leaveUnfinished(kit, { sent: 120_000 });
    await until(() => kit.server.bufferedBytes() === 240_000);
    void leaveUnfinished(kit, { sent: 120_000 });
    expect(await first).toBe(503);
    await until(() => kit.server.bufferedBytes() === 240_000);
    expect((await kit.client.say(ana, inPersonal, 'status')).status).toBe(200);
    await Promise.all(stops.splice(1).map((stop) => stop()));
    await second;
    await until(() => kit.server.bufferedBytes() === 0);
  });

  test('that is larger than any of Teams is refused, and nothing of it is held', async () => {
    const kit = await open({ server: { bodies: { maxBodyBytes: 1_000 } } });
    expect(await leaveUnfinished(kit, { sent: 2_000 })).toBe(413);
    expect(kit.server.bufferedBytes()).toBe(0);
  });
});

test('connections are bounded: one more than there may be is closed at once', async () => {
  const kit = await open({ server: { maxConnections: 2 } });
  const { port } = new URL(kit.url);
  const dial = async () => {
    const socket = connect(Number(port), '127.0.0.1');
    socket.on('error', () => {});
    await new Promise((resolve) => socket.once('connect', resolve));
    stops.push(async () => void socket.destroy());
    return new Promise<boolean>((resolve) => {
      socket.once('close', () => resolve(true));
      setTimeout(() => resolve(false), 100);
    });
  };
  expect(await Promise.all([dial(), dial()])).toEqual([false, false]);
  expect(await dial()).toBe(true);
});

test('a connection is kept longer than a proxy in front keeps one that it uses again', async () => {
  const kit = await open();
  const answer = await fetch(`${kit.url}/healthz`);
  expect(answer.headers.get('keep-alive')).toBe(`timeout=${keepAliveMs / 1_000}`);
  expect(keepAliveMs).toBeGreaterThan(240_000);
});
