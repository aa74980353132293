import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { LocalIssuer } from '../fakes/local-issuer';

interface Activity {
  serviceUrl: string;
}

/**
 * Stands where the Bot Framework stands between Teams and a deployed bot: signs what the Playground sends, so that the bot's own sign-in runs,
 * and takes the bot's calls to the Connector with their tokens. It adds what Teams' roster tells and the Playground's does not: roles.
 */
export class SigningProxy {
  /** What the bot showed with each call to the Connector. */
  readonly shown: (string | undefined)[] = [];
  /** What the bot answered to each activity. */
  readonly statuses: number[] = [];
  /** False: activities pass as the Playground sends them, without a token. */
  signs = true;
  botPort = 0;
  private playground = '';
  private readonly server: Server;

  constructor(issuer: LocalIssuer, appId: string) {
    this.server = createServer(async (request, response) => {
      const body = await readAll(request);
      const answer = request.url?.startsWith('/_connector')
        ? await this.toPlayground(request, body)
        : await this.toBot(request, body, (serviceUrl) =>
            this.signs ? issuer.bearer({ aud: appId, serviceurl: serviceUrl }) : null,
          );
      response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'application/json' });
      response.end(await answer.text());
    });
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async toBot(request: IncomingMessage, body: string, sign: (serviceUrl: string) => string | null) {
    const bot = `http://127.0.0.1:${this.botPort}${request.url}`;
    if (request.method !== 'POST') return fetch(bot);
    const activity = JSON.parse(body) as Activity;
    this.playground = new URL(activity.serviceUrl).origin;
    activity.serviceUrl = `http://127.0.0.1:${this.port}/_connector`;
    const token = sign(activity.serviceUrl);
    const answer = await fetch(bot, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token === null ? {} : { authorization: token }) },
      body: JSON.stringify(activity),
    });
    this.statuses.push(answer.status);
    return answer;
  }

  private async toPlayground(request: IncomingMessage, body: string) {
    this.shown.push(request.headers.authorization);
    const { method = 'GET', url = '' } = request;
    const answer = await fetch(`${this.playground}${url}`, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body === '' ? {} : { body }),
    });
    if (method !== 'GET' || !/\/members\/[^/]+$/.test(url) || !answer.ok) return answer;
    return Response.json({ ...((await answer.json()) as object), userRole: 'user' });
  }
}

async function readAll(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
