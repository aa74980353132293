import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Where the connection breaks: before the server gets the COMMIT, or when it has committed and its answer is on the way. */
export type CommitCut = 'unsent' | 'done';

/** One replica's own door to PostgreSQL. It passes bytes on, and sees which of them ask for a COMMIT. */
export interface CommitGate {
  readonly url: string;
  readonly cuts: Readonly<Record<CommitCut, number>>;
  /** The next COMMIT gets no answer. */
  cutNext(cut: CommitCut): void;
  close(): Promise<void>;
}

/** The simple query `commit` as a client sends it: alone in its packet, since it waited for the answer to all before it. */
const commitMessage = Buffer.concat([Buffer.from('Q'), Buffer.from([0, 0, 0, 11]), Buffer.from('commit\0')]);

export async function openCommitGate(databaseUrl: string): Promise<CommitGate> {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  const waiting: CommitCut[] = [];
  const cuts = { unsent: 0, done: 0 };

  const server = createServer((inner) => {
    const outer = connect(Number(target.port || 5432), target.hostname);
    const end = (): void => {
      inner.destroy();
      outer.destroy();
    };
    let isCommitted = false;
    for (const socket of [inner, outer]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        end();
      });
    }
    inner.on('data', (chunk) => {
      const cut = chunk.equals(commitMessage) ? waiting.shift() : undefined;
      if (cut !== undefined) cuts[cut]++;
      if (cut === 'unsent') return end();
      isCommitted = cut === 'done';
      outer.write(chunk);
    });
    outer.on('data', (chunk) => {
      if (isCommitted) return end();
      inner.write(chunk);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(databaseUrl);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);

  return {
    url: url.href,
    cuts,
    cutNext: (cut) => void waiting.push(cut),
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
