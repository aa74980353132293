import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { Clock } from '../src/lib/clock';
import type { DefenderCall, Strike } from './plan';

/** When a trap springs: before a byte of the call has gone on, when it was answered and the answer is still here, or when it was passed on. */
type When = Extract<Strike, { type: 'killInCall' }>['when'];

/** One replica's own door to Defender. It passes bytes on, and sees which call they begin. */
export interface Gate {
  readonly url: string;
  /** The submissions that were begun here, in order. */
  readonly posts: readonly GatePost[];
  /** Resolves with true when the next such call has sprung the trap, with false when the signal aborted it before. `spring` runs at that very moment. */
  trap(call: DefenderCall, when: When, spring: () => void, signal: AbortSignal): Promise<boolean>;
  close(): Promise<void>;
}

/** A submission as the replica knows it: what became of it at Defender is not in here. */
export interface GatePost {
  readonly at: number;
  /** All bytes that the replica sent, kept back or not. */
  readonly sent: string;
  /** Of the answer that the replica lived to read; null: of none. */
  readonly status: number | null;
}

/** How each call begins; one call a connection, as the service makes them. */
const beginnings: Readonly<Record<DefenderCall, RegExp>> = {
  runLiveResponse: /^POST \/api\/machines\/[^/ ]+\/runliveresponse /i,
  listActions: /^GET \/api\/machineactions\?/i,
  getAction: /^GET \/api\/machineactions\/[^/? ]+ /i,
  getResultLink: /^GET \/api\/machineactions\/[^/ ]+\/GetLiveResponseResultDownloadLink/i,
  listLibrary: /^GET \/api\/libraryfiles/i,
  getMachine: /^GET \/api\/machines\/[^/? ]+ /i,
  cancelAction: /^POST \/api\/machineactions\/[^/ ]+\/cancel /i,
};

interface Trap {
  readonly call: DefenderCall;
  readonly when: When;
  readonly spring: () => void;
}

export async function openGate(targetUrl: string, clock: Clock): Promise<Gate> {
  const target = new URL(targetUrl);
  const sockets = new Set<Socket>();
  const posts: GatePost[] = [];
  let traps: Trap[] = [];

  const take = (head: string): Trap | null => {
    const trap = traps.find(({ call }) => beginnings[call].test(head)) ?? null;
    traps = traps.filter((other) => other !== trap);
    return trap;
  };

  const server = createServer((inner) => {
    const outer = connect(Number(target.port), target.hostname);
    let trap: Trap | null = null;
    let begun = false;
    let post: { -readonly [K in keyof GatePost]: GatePost[K] } | null = null;
    for (const socket of [inner, outer]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        inner.destroy();
        outer.destroy();
      });
    }
    const sprung = () => {
      trap?.spring();
      inner.destroy();
      outer.destroy();
    };
    inner.on('data', (chunk) => {
      const text = chunk.toString('latin1');
      if (!begun) {
        trap = take(text);
        if (beginnings.runLiveResponse.test(text)) {
          post = { at: clock.now(), sent: '', status: null };
          posts.push(post);
        }
      }
      begun = true;
      if (post !== null) post.sent += text;
      if (trap?.when === 'unsent') return sprung();
      outer.write(chunk);
    });
    outer.on('data', (chunk) => {
      if (trap?.when === 'done') return sprung();
      inner.write(chunk, () => {
        if (trap?.when === 'answered') sprung();
        else if (post !== null)
          post.status ??= Number(/^HTTP\/1\.\d (\d{3}) /.exec(chunk.toString('latin1'))?.[1] ?? 0);
      });
    });
    // Half-closed: what was answered is passed on first.
    outer.on('end', () => inner.end());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    posts,
    trap: (call, when, spring, signal) =>
      new Promise((resolve) => {
        const trap: Trap = {
          call,
          when,
          spring: () => {
            spring();
            resolve(true);
          },
        };
        traps.push(trap);
        signal.addEventListener(
          'abort',
          () => {
            traps = traps.filter((other) => other !== trap);
            resolve(false);
          },
          { once: true },
        );
      }),
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
