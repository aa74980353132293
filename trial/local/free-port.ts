import { createServer } from 'node:net';
import { TrialError } from './trial-error';

/** What a port is for, in words that follow "needs it"'s subject. */
export interface WantedPort {
  readonly port: number;
  readonly host: string;
  readonly what: string;
  readonly variable: string;
}

/** Refuses before anything has started: the Playground, for one, would take another port in silence. */
export async function requireFreePorts(wanted: readonly WantedPort[]): Promise<void> {
  for (const { port, host, what, variable } of wanted) {
    const code = await tryPort(port, host);
    if (code === null) continue;
    if (code === 'EADDRINUSE')
      throw new TrialError(
        `Port ${port} is in use by another program (another trial?), and ${what} needs it. Stop that program, or set ${variable} to a free port.`,
      );
    throw new TrialError(
      `Port ${port} cannot be used (${code}), and ${what} needs it. Set ${variable} to a free port above 1023.`,
    );
  }
}

const tryPort = (port: number, host: string): Promise<string | null> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.name));
    server.listen(port, host, () => server.close(() => resolve(null)));
  });
