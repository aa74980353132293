import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A way to a server on this machine on which every byte takes its time, as it does to a server elsewhere. */
export interface Line {
  readonly url: string;
  close(): Promise<void>;
}

/** Every byte reaches the other end `oneWayMs` after it was sent, in both directions, in order. */
export async function openLine(toUrl: string, oneWayMs: number): Promise<Line> {
  const { hostname, port } = new URL(toUrl);
  const open = new Set<Socket>();
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ host: hostname, port: Number(port), noDelay: true });
    for (const socket of [near, far]) {
      open.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => open.delete(socket));
    }
    carry(near, far, oneWayMs);
    carry(far, near, oneWayMs);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}

function carry(from: Socket, to: Socket, oneWayMs: number): void {
  const later = (act: () => void) => setTimeout(act, oneWayMs).unref();
  from.on('data', (bytes) => later(() => to.writable && to.write(bytes)));
  from.on('end', () => later(() => to.end()));
  from.on('close', () => later(() => to.destroy()));
}
