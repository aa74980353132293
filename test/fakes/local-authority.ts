import { readFileSync } from 'node:fs';
import { Agent, createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { connect } from 'node:tls';

const fixtures = join(__dirname, '..', 'fixtures', 'tls');
const cert = readFileSync(join(fixtures, 'cert.pem'), 'utf8');

/** Entra's sign-in host in the commercial cloud. */
const playedHost = 'login.microsoftonline.com';

interface Connecting {
  createConnection(options: { readonly host?: string }, callback?: unknown): unknown;
}

/**
 * Plays Entra's sign-in host towards libraries that know no other one (botbuilder's MSAL): what this process would send there over TLS comes
 * here, and the library's own address, path and form are seen as they are.
 */
export class LocalAuthority {
  /** Each token request, with its host and path. */
  readonly forms: Readonly<Record<string, string>>[] = [];
  /** The answer in place of a token. */
  refusal: { readonly status: number; readonly body: unknown } | null = null;
  private readonly agent = Agent.prototype as unknown as Connecting;
  private readonly connectBefore = this.agent.createConnection;
  private readonly server: Server;

  constructor() {
    this.server = createServer({ key: readFileSync(join(fixtures, 'key.pem')), cert }, async (request, response) => {
      const answer = (body: unknown, status = 200) => {
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(JSON.stringify(body));
      };
      const { pathname } = new URL(request.url ?? '', `https://${playedHost}`);
      const tenant = `https://${playedHost}/${pathname.split('/')[1]}`;
      if (pathname.endsWith('/openid-configuration'))
        return answer({
          issuer: `${tenant}/v2.0`,
          authorization_endpoint: `${tenant}/oauth2/v2.0/authorize`,
          token_endpoint: `${tenant}/oauth2/v2.0/token`,
          jwks_uri: `${tenant}/discovery/v2.0/keys`,
        });
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      this.forms.push({
        host: request.headers.host ?? '',
        path: pathname,
        ...Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString())),
      });
      if (this.refusal !== null) return answer(this.refusal.body, this.refusal.status);
      return answer({ token_type: 'Bearer', expires_in: 3_599, access_token: `secret-token-${this.forms.length}` });
    });
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    const { port } = this.server.address() as AddressInfo;
    const before = this.connectBefore;
    this.agent.createConnection = function (options, callback) {
      if (options.host !== playedHost) return before.call(this, options, callback);
      return connect({ host: '127.0.0.1', port, servername: 'localhost', ca: cert });
    };
    return this;
  }

  async stop(): Promise<void> {
    this.agent.createConnection = this.connectBefore;
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.server.closeAllConnections();
    await closed;
  }
}
